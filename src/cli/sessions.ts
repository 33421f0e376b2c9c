import { AllSessionsQueryDto, allSessionsDto, sessionsMeant } from '../admin/sessions.dto.js';
import { DoorsModule } from '../app.module.js';
import { AT_TERMINAL } from '../auth/administration/operator.js';
import { SessionOverviewService } from '../auth/administration/session-overview.service.js';
import { IdleTimes } from '../auth/doors.js';
import { readEnvironment } from '../config/env.js';
import { pageOfSessions } from '../contract-kit/listed-sessions.dto.js';
import { AllSessions } from '../tokens/all-sessions.js';
import { SessionList } from '../tokens/session-list.js';
import { checkedOptions } from './checked-options.js';
import { printList, remark } from './output.js';
import { demandRecorded, withServices } from './services.js';

const NEEDS = { imports: [DoorsModule], providers: [SessionList, AllSessions, IdleTimes, SessionOverviewService] };

/** `latchkey sessions list`. @throws {CommandError} for an option that means nothing */
export async function listSessions({
  json = false,
  ...options
}: AllSessionsQueryDto & { readonly json?: boolean }): Promise<void> {
  const query = checkedOptions(AllSessionsQueryDto, options);
  await withServices(readEnvironment(), NEEDS, async (services) => {
    const page = await services
      .get(SessionOverviewService)
      .page(AT_TERMINAL, sessionsMeant(query), pageOfSessions(query));
    await demandRecorded(services);
    const { sessions, next_cursor } = allSessionsDto(page);
    if (sessions.length === 0 && next_cursor === null) remark('There is no such session.');
    printList(sessions, json, ({ id, account_id, contract, ip, created_at }: (typeof sessions)[number]) => [
      id,
      `account ${account_id}`,
      contract,
      `opened ${created_at}`,
      ip ?? '-',
    ]);
    if (next_cursor !== null) remark(`There are more: --cursor ${next_cursor}`);
  });
}

import { fly, type ReadyPlan } from './flight.js';
import type { FromProcess, ToProcess } from './messages.js';

const plans = new Map<number, ReadyPlan>();

function tell(message: FromProcess): void {
  process.send?.(message);
}

process.on('message', (message: ToProcess) => {
  if ('plan' in message) {
    const { id, requests, status, isSentOnce } = message.plan;
    plans.set(id, { requests: requests.map((text) => Buffer.from(text)), status, isSentOnce, next: 0 });
    return;
  }
  const { id, planId } = message.run;
  fly(plans.get(planId) as ReadyPlan, message.run).then(
    (result) => tell({ id, result }),
    (error: Error) => tell({ id, failure: error.message }),
  );
});
// It ends with the one that started it.
process.on('disconnect', () => process.exit());

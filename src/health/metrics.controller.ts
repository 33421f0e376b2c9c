import { Controller, Get, Header } from '@nestjs/common';
import { Public } from '../auth/decorators/public.js';
import { NATIVE } from '../contract-kit/native.js';
import { ApiOkResponse, ApiOperation, ApiTags } from '../contract-kit/openapi.js';
import { Refusals } from '../contract-kit/refusals.js';
import { Metrics } from '../metrics/metrics.js';

const EXAMPLE = `# HELP latchkey_sign_ins_total Sign-ins by contract and result: success, or the code of the refusal.
# TYPE latchkey_sign_ins_total counter
latchkey_sign_ins_total{contract="cookie",result="success"} 42
`;

/** What the service measures of itself, for Prometheus. */
@Controller('metrics')
@ApiTags('health')
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  @Get()
  @Public()
  @Header('content-type', Metrics.contentType)
  @ApiOperation({ operationId: 'metrics', summary: 'What the service measures of itself, for Prometheus' })
  @ApiOkResponse({
    description: "Prometheus' text format. With `METRICS_PORT` it is answered at that port instead.",
    content: { 'text/plain': { schema: { type: 'string' }, example: EXAMPLE } },
  })
  @Refusals({ ...NATIVE, needsStore: false })
  read(): Promise<string> {
    return this.metrics.text();
  }
}

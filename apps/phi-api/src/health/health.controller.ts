import { Controller, Get, HttpCode, Inject } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Public } from '@app/authentication';
import { PhiTable } from '@app/phi-table';
import { Problem, problemTypes } from '@app/problem-details';
import { Lifecycle } from './lifecycle.js';

@ApiTags('health')
@Controller('health')
export class HealthController {
  constructor(
    @Inject(PhiTable) private readonly table: PhiTable,
    @Inject(Lifecycle) private readonly lifecycle: Lifecycle,
  ) {}

  @Public()
  @Get('live')
  @HttpCode(200)
  @ApiOperation({ summary: 'The process is alive' })
  @ApiResponse({ status: 200, description: 'Alive' })
  live() {
    return { status: 'alive' };
  }

  /** 503 while starting and from the moment of SIGTERM, so that the load balancer sends nothing more. */
  @Public()
  @Get('ready')
  @ApiOperation({ summary: 'The service takes requests' })
  @ApiResponse({ status: 200, description: 'Ready' })
  @ApiResponse({ status: 503, description: 'Draining, or a dependency does not answer' })
  async ready() {
    if (this.lifecycle.draining) throw new Problem(problemTypes.overloaded);
    try {
      await this.table.ping();
    } catch (error) {
      throw new Problem(problemTypes.storageUnavailable, { cause: error });
    }
    return { status: 'ready' };
  }
}

import { Module } from '@nestjs/common';
import { TenantsModule } from '@manifold/tenants';
import { Revocations } from '../revocations.js';
import { ApiKeyService } from './api-key.service.js';

/** Provides API keys without HTTP, for the admin command. The store comes from the global StoreModule. */
@Module({
  imports: [TenantsModule],
  providers: [ApiKeyService, Revocations],
  exports: [ApiKeyService, Revocations],
})
export class ApiKeyModule {}

import { Module } from '@nestjs/common';
import { TenantsModule } from '@manifold/tenants';
import { Revocations } from '../revocations.js';
import { ApiKeyService } from './api-key.service.js';

/** The keys alone, without HTTP: what the admin command needs. The store comes from the global StoreModule. */
@Module({
  imports: [TenantsModule],
  providers: [ApiKeyService, Revocations],
  exports: [ApiKeyService, Revocations],
})
export class ApiKeyModule {}

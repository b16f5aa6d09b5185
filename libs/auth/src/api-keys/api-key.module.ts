import { Module } from '@nestjs/common';
import { ApiKeyService } from './api-key.service.js';

/** The keys alone, without HTTP: what the admin command needs. The store comes from the global StoreModule. */
@Module({ providers: [ApiKeyService], exports: [ApiKeyService] })
export class ApiKeyModule {}

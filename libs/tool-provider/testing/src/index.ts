export {
  exerciseToolProvider,
  fixturePrincipal,
  type FixtureCall,
  type ProviderFixture,
  type ProviderHarness,
} from './exercise-tool-provider.js';

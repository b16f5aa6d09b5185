import { ValidateBy } from 'class-validator';
import { isAllowedDomain } from '@manifold/egress';

const MAX_LENGTH = 260;
const FORM = 'a host, *.host, an address or *, each with an optional port';

/** Requires entries of a list of allowed domains. */
export const IsAllowedDomains = (): PropertyDecorator =>
  ValidateBy(
    {
      name: 'isAllowedDomains',
      validator: {
        validate: (value) => typeof value === 'string' && value.length <= MAX_LENGTH && isAllowedDomain(value),
        defaultMessage: (args) => `each of ${args!.property} must be ${FORM}`,
      },
    },
    { each: true },
  );

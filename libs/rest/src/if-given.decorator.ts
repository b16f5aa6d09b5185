import { ValidateIf } from 'class-validator';

/** The field may be left out. Unlike `IsOptional` it does not let `null` pass. */
export const IfGiven = (): PropertyDecorator => ValidateIf((_object, value) => value !== undefined);

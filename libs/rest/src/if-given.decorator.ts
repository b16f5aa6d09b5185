import { ValidateIf } from 'class-validator';

/** Makes a field optional. Unlike `IsOptional` it does not accept `null`. */
export const IfGiven = (): PropertyDecorator => ValidateIf((_object, value) => value !== undefined);

import type { TracingConfig } from './config.js';
import type { Variables } from './variables.js';

/** OpenTelemetry's own variables: traces are exported where an endpoint is set. */
export function tracingConfig(values: Variables): TracingConfig | undefined {
  const endpoint = values.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? signalUrl(values.OTEL_EXPORTER_OTLP_ENDPOINT);
  if (endpoint === undefined) return undefined;
  return {
    endpoint,
    headers: values.OTEL_EXPORTER_OTLP_HEADERS,
    serviceName: values.OTEL_SERVICE_NAME ?? values.OTEL_RESOURCE_ATTRIBUTES['service.name'] ?? 'manifold',
    resource: values.OTEL_RESOURCE_ATTRIBUTES,
    sampler: values.OTEL_TRACES_SAMPLER,
    ratio: values.OTEL_TRACES_SAMPLER_ARG,
  };
}

/** The specification of OTLP exporters, "Endpoint URLs for OTLP/HTTP". */
const signalUrl = (base: string | undefined): string | undefined =>
  base === undefined ? undefined : `${base}/v1/traces`;

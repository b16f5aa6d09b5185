import type { TracingConfig } from '../model/config.js';
import { httpUrl, oneOf, pairs, ratio, text } from '../model/parsers.js';
import { setting, settingGroup, type Values } from '../model/setting.js';

export const tracing = settingGroup({
  title: 'Traces',
  about: "OpenTelemetry's own variables. Traces are exported where an endpoint is set: see [Traces](#traces).",
  settings: {
    OTEL_EXPORTER_OTLP_ENDPOINT: setting({
      parse: httpUrl,
      meaning:
        'The base URL of an OpenTelemetry collector. Traces are sent to `/v1/traces` below it (OTLP over HTTP, JSON).',
    }),
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: setting({
      parse: httpUrl,
      meaning: 'The whole URL for traces, in the place of `OTEL_EXPORTER_OTLP_ENDPOINT`.',
    }),
    OTEL_EXPORTER_OTLP_HEADERS: setting({
      parse: pairs,
      default: '',
      meaning: 'Headers of each export: `name=value`, separated by commas.',
      secret: true,
    }),
    OTEL_SERVICE_NAME: setting({
      parse: text,
      unset: '`service.name` of `OTEL_RESOURCE_ATTRIBUTES`, or `manifold`',
      meaning: 'The `service.name` of the traces.',
    }),
    OTEL_RESOURCE_ATTRIBUTES: setting({
      parse: pairs,
      default: '',
      meaning: 'Further attributes of the resource: `name=value`, separated by commas.',
    }),
    OTEL_TRACES_SAMPLER: setting({
      parse: oneOf(
        'always_on',
        'always_off',
        'traceidratio',
        'parentbased_always_on',
        'parentbased_always_off',
        'parentbased_traceidratio',
      ),
      default: 'parentbased_always_on',
      meaning:
        'Selects the traces that are exported: `always_on`, `always_off`, `traceidratio`, or one of them with `parentbased_` before it.',
    }),
    OTEL_TRACES_SAMPLER_ARG: setting({
      parse: ratio,
      default: 1,
      meaning: 'The share of the traces that the samplers by ratio export, from 0 to 1.',
    }),
  },
});

export function tracingConfig(values: Values<typeof tracing>): TracingConfig | undefined {
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

/** Returns the URL for traces below the base URL, as the specification of OTLP exporters defines it ("Endpoint URLs for OTLP/HTTP"). */
const signalUrl = (base: string | undefined): string | undefined =>
  base === undefined ? undefined : `${base}/v1/traces`;

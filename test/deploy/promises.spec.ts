import { loadConfig, VERSION } from '@manifold/config';
import { VARIABLES } from '../../libs/config/src/settings.js';
import { cites } from '../support/cite.js';
import { describeChart, manifestsOf, valuesOf, type Manifest } from './helm.js';

interface Container {
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly env?: readonly { name: string; value?: string; valueFrom?: Record<string, unknown> }[];
  readonly envFrom?: readonly Record<string, unknown>[];
  readonly volumeMounts: readonly { name: string; mountPath: string; readOnly?: boolean }[];
  readonly resources: { requests: Record<string, string>; limits: Record<string, string> };
  readonly [probe: string]: unknown;
}

interface Volume {
  readonly name: string;
  readonly emptyDir?: { sizeLimit?: string };
  readonly secret?: { defaultMode: number };
  readonly projected?: { defaultMode: number; sources: readonly { secret: { items: readonly { path: string }[] } }[] };
  readonly persistentVolumeClaim?: { claimName: string };
}

interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes: readonly Volume[];
  readonly [field: string]: unknown;
}

interface DeploymentSpec {
  readonly replicas?: number;
  readonly strategy: object;
  readonly selector: { matchLabels: Record<string, string> };
  readonly template: { metadata: { labels: object; annotations: Record<string, string> }; spec: PodSpec };
}

const podOf = (manifest: Manifest): PodSpec[] => {
  if (manifest.kind === 'Pod') return [manifest.spec as unknown as PodSpec];
  return manifest.kind === 'Deployment' ? [(manifest.spec as unknown as DeploymentSpec).template.spec] : [];
};

const find = (manifests: readonly Manifest[], kind: string): Manifest => {
  const found = manifests.find((manifest) => manifest.kind === kind);
  if (!found) throw new Error(`There is no ${kind}`);
  return found;
};

const deploymentOf = (manifests: readonly Manifest[]): DeploymentSpec =>
  find(manifests, 'Deployment').spec as unknown as DeploymentSpec;

describeChart('The promises of the chart', () => {
  let production: readonly Manifest[];
  let small: readonly Manifest[];

  beforeAll(() => {
    production = manifestsOf('-f', valuesOf('production'));
    small = manifestsOf('-f', valuesOf('default'));
  });

  const pods = (): PodSpec[] => [...production, ...small].flatMap(podOf);
  const containers = (): Container[] => pods().flatMap((pod) => [...pod.containers, ...(pod.initContainers ?? [])]);

  it(cites('deploy.hardened', 'no pod is root or can become it, and the kernel offers it little'), () => {
    expect(pods()).toHaveLength(3);
    for (const pod of pods()) {
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      expect((pod.securityContext as { runAsUser: number }).runAsUser).toBeGreaterThan(9999);
      expect([pod.hostNetwork, pod.hostPID, pod.hostIPC]).toEqual([undefined, undefined, undefined]);
    }
    for (const container of containers()) {
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    }
  });

  it(cites('deploy.hardened', 'no pod has a token of the cluster'), () => {
    for (const pod of pods()) expect(pod.automountServiceAccountToken).toBe(false);
    expect(find(production, 'ServiceAccount')).toMatchObject({ automountServiceAccountToken: false });
  });

  it(
    cites(
      'deploy.secret-files',
      'no secret is in a manifest or in the environment: they are files that the user of the process alone may read',
    ),
    () => {
      expect([...production, ...small].map(({ kind }) => kind)).not.toContain('Secret');
      for (const { env = [], envFrom = [] } of containers()) {
        expect(env.filter(({ valueFrom }) => valueFrom && 'secretKeyRef' in valueFrom)).toEqual([]);
        expect(envFrom.filter((source) => 'secretRef' in source)).toEqual([]);
      }
      const modes = pods().flatMap(({ volumes }) =>
        volumes.flatMap(({ secret, projected }) => secret?.defaultMode ?? projected?.defaultMode ?? []),
      );
      expect(modes).toEqual([0o400, 0o400, 0o400]);
    },
  );

  it('the variables that name files of secrets name files that are mounted', () => {
    const {
      containers: [gateway],
      volumes,
    } = deploymentOf(production).template.spec;
    const paths = volumes.flatMap(({ projected }) =>
      (projected?.sources ?? []).flatMap(({ secret }) =>
        secret.items.map(({ path }) => `/run/secrets/manifold/${path}`),
      ),
    );
    const named = gateway!.env!.flatMap(({ value }) => (value?.startsWith('/run/secrets/') ? [value] : []));
    expect(named.sort()).toEqual(paths.sort());
    expect(gateway!.volumeMounts).toContainEqual({
      name: 'secrets',
      mountPath: '/run/secrets/manifold',
      readOnly: true,
    });
  });

  it('everything that a pod may write to has a size', () => {
    for (const { volumes } of pods()) {
      for (const { name, emptyDir } of volumes) {
        if (emptyDir)
          expect({ name, size: emptyDir.sizeLimit }).toEqual({ name, size: expect.stringMatching(/^\d+Gi$/) });
      }
    }
    for (const { resources } of containers()) {
      expect(resources.requests).toMatchObject({ cpu: expect.any(String), memory: expect.any(String) });
      expect(resources.limits).toMatchObject({ memory: expect.any(String) });
    }
    const writable = deploymentOf(production).template.spec.containers[0]!.volumeMounts.filter(
      ({ readOnly }) => !readOnly,
    );
    expect(writable.map(({ mountPath }) => mountPath)).toEqual(['/data', '/data/packages', '/data/npm-cache', '/tmp']);
  });

  it('SQLite is on a volume of one replica, which ends before the next one starts', () => {
    const { replicas, strategy, template } = deploymentOf(small);
    expect({ replicas, strategy }).toEqual({ replicas: 1, strategy: { type: 'Recreate' } });
    const claim = find(small, 'PersistentVolumeClaim').metadata.name;
    expect(template.spec.volumes).toContainEqual({ name: 'data', persistentVolumeClaim: { claimName: claim } });
    expect(small.map(({ kind }) => kind)).not.toContain('PodDisruptionBudget');
  });

  it('no replica goes before its successor is ready, and each has the time to drain', () => {
    const { strategy, template } = deploymentOf(production);
    expect(strategy).toEqual({ type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } });
    expect(template.spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(5 + 40);
    const [gateway] = template.spec.containers;
    expect(gateway!.livenessProbe).toMatchObject({ httpGet: { path: '/livez', port: 'http' } });
    expect(gateway!.startupProbe).toMatchObject({ httpGet: { path: '/livez', port: 'http' } });
    expect(gateway!.readinessProbe).toMatchObject({ httpGet: { path: '/readyz', port: 'http' } });
    expect(template.spec.topologySpreadConstraints).toHaveLength(3);
    expect(find(production, 'PodDisruptionBudget').spec).toMatchObject({ maxUnavailable: 1 });
  });

  it('pods are added for calls in flight and for CPU, and the number of replicas is left to that', () => {
    const { metrics } = find(production, 'HorizontalPodAutoscaler').spec as unknown as { metrics: object[] };
    expect(metrics).toEqual([
      expect.objectContaining({ type: 'Resource', resource: expect.objectContaining({ name: 'cpu' }) }),
      {
        type: 'Pods',
        pods: { metric: { name: 'manifold_calls_in_flight' }, target: { type: 'AverageValue', averageValue: '50' } },
      },
    ]);
    expect(deploymentOf(production).replicas).toBeUndefined();
  });

  it('streams pass the ingress unbuffered, for an hour at least', () => {
    const { annotations } = find(production, 'Ingress').metadata as unknown as { annotations: Record<string, string> };
    const setting = (name: string) => annotations[`nginx.ingress.kubernetes.io/${name}`];
    expect(setting('proxy-buffering')).toBe('off');
    expect(Number(setting('proxy-read-timeout'))).toBeGreaterThanOrEqual(3600);
    expect(Number(setting('proxy-send-timeout'))).toBeGreaterThanOrEqual(3600);
    expect(find(production, 'Service').spec).toMatchObject({ sessionAffinity: 'None' });
  });

  it(
    cites(
      'deploy.network',
      'the network is closed but for those who call and what is called, and the addresses of cloud credentials always are',
    ),
    () => {
      for (const manifests of [production, small]) {
        const { ingress, egress, policyTypes } = find(manifests, 'NetworkPolicy').spec as unknown as {
          policyTypes: string[];
          ingress: { from: object[] }[];
          egress: { to: { ipBlock?: { cidr: string; except: string[] } }[] }[];
        };
        expect(policyTypes).toEqual(['Ingress', 'Egress']);
        expect(ingress.map(({ from }) => from)).toEqual([
          [
            { podSelector: { matchLabels: { 'app.kubernetes.io/instance': 'gateway' } } },
            { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ingress-nginx' } } },
            { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } },
          ],
        ]);
        const blocks = egress.flatMap(({ to }) => to.flatMap(({ ipBlock }) => ipBlock ?? []));
        const everywhere = blocks.filter(({ cidr }) => cidr.endsWith('/0'));
        expect(everywhere.map(({ cidr }) => cidr)).toEqual(['0.0.0.0/0', '::/0']);
        expect(everywhere[0]!.except).toContain('169.254.0.0/16');
        expect(everywhere[1]!.except).toEqual(['fc00::/7', 'fe80::/10']);
      }
    },
  );

  it('the pod of the smoke test gets no requests: the selectors find the pods of the gateway alone', () => {
    const { selector, template } = deploymentOf(production);
    const smoke = find(production, 'Pod').metadata.labels;
    expect(template.metadata.labels).toMatchObject(selector.matchLabels);
    expect((find(production, 'Service').spec as unknown as { selector: object }).selector).toEqual(
      selector.matchLabels,
    );
    expect(Object.entries(selector.matchLabels).every(([name, value]) => smoke[name] === value)).toBe(false);
    expect(smoke['app.kubernetes.io/instance']).toBe('gateway'); // which the network policy lets in
  });

  it('new settings replace the pods', () => {
    const checksum = (manifests: readonly Manifest[]): string =>
      deploymentOf(manifests).template.metadata.annotations['checksum/config']!;
    const changed = manifestsOf('-f', valuesOf('default'), '--set', 'config.LOG_LEVEL=debug');
    expect(checksum(changed)).not.toBe(checksum(small));
    expect(checksum(manifestsOf('-f', valuesOf('default')))).toBe(checksum(small));
  });

  it('an image is named by tag or by digest', () => {
    const imageOf = (manifests: readonly Manifest[]) => deploymentOf(manifests).template.spec.containers[0]!.image;
    expect(imageOf(small)).toBe(`manifold:${VERSION}`);
    expect(imageOf(production)).toMatch(/^registry\.example\.com\/platform\/manifold@sha256:[0-9a-f]{64}$/);
  });

  it('the settings are variables of the gateway, which takes them', () => {
    const data = find(production, 'ConfigMap').data!;
    const { env } = deploymentOf(production).template.spec.containers[0]!;
    const others = ['HOME', 'POD_IP', 'NODE_EXTRA_CA_CERTS'];
    const names = [...Object.keys(data), ...env!.map(({ name }) => name)].filter((name) => !others.includes(name));
    expect(names.filter((name) => !VARIABLES.has(name))).toEqual([]);
    const config = loadConfig({ ...data, SECRETS_KEY: 'k3y-of-a-test-that-is-long-enough-0123456789' });
    expect(config).toMatchObject({ publicUrl: 'https://mcp.example.com', maxSessions: 1_000_000, legacySse: false });
    expect(config.issuers).toMatchObject([{ issuer: 'https://login.example.com/', rolesClaim: 'groups' }]);
  });
});

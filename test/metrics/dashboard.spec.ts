import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Family, metricsOf } from '../support/exposition.js';
import { type Service, startService } from '../support/service.js';

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly datasource?: { readonly uid: string };
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number };
  readonly targets?: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[];
}

interface Dashboard {
  readonly title: string;
  readonly uid: string;
  readonly schemaVersion: number;
  readonly templating: { readonly list: readonly { name: string; type: string; definition?: string }[] };
  readonly panels: readonly Panel[];
}

const dashboard = JSON.parse(readFileSync('docs/grafana-dashboard.json', 'utf8')) as Dashboard;
const panels = dashboard.panels.filter(({ type }) => type !== 'row');
const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

/** The selectors of an expression, each as its metric's name and the labels that it asks for. */
function selectorsOf(expr: string): { name: string; labels: string[] }[] {
  return [...expr.matchAll(/\b([a-z]\w+)\{([^}]*)\}/g)].map(([, name = '', matchers = '']) => ({
    name,
    labels: [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
  }));
}

let service: Service;
let families: Map<string, Family>;

beforeAll(async () => {
  service = await startService();
  families = await metricsOf(service);
});
afterAll(() => service.stop());

/** The metric that a sample's name belongs to. */
function familyOf(name: string): Family | undefined {
  const histogram = families.get(name.replace(/_(bucket|sum|count)$/, ''));
  return families.get(name) ?? (histogram?.type === 'histogram' ? histogram : undefined);
}

describe('docs/grafana-dashboard.json', () => {
  it('is a dashboard of Grafana 10 or later, with one data source to choose and a row for each subject', () => {
    expect(dashboard).toMatchObject({ title: 'Latchkey', uid: 'latchkey', schemaVersion: 39 });
    const rows = dashboard.panels.filter(({ type }) => type === 'row').map(({ title }) => title);
    expect(rows).toEqual(['Traffic', 'Sign-ins', 'Hashing', 'Sessions and keys', 'Process']);
    const variables = dashboard.templating.list;
    expect(variables.filter(({ type }) => type === 'datasource').map(({ name }) => name)).toEqual(['datasource']);
    const uids = panels.flatMap(({ datasource, targets = [] }) => [datasource, ...targets.map((t) => t.datasource)]);
    expect(new Set(uids.map((source) => source?.uid))).toEqual(new Set(['${datasource}']));
  });

  it('has panels of their own ids that do not cover each other', () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    const taken = dashboard.panels.flatMap(({ gridPos: { h, w, x, y } }) =>
      Array.from({ length: h * w }, (_cell, i) => `${x + (i % w)} ${y + Math.floor(i / w)}`),
    );
    expect(new Set(taken).size).toBe(taken.length);
  });

  it('shows only metrics that there are', () => {
    const names = expressions.flatMap(selectorsOf).map(({ name }) => name);
    expect(names.length).toBeGreaterThanOrEqual(expressions.length);
    expect(names.filter((name) => !familyOf(name))).toEqual([]);
    for (const { definition = '' } of dashboard.templating.list)
      for (const [name] of definition.matchAll(/latchkey_\w+/g)) expect(familyOf(name)).toBeDefined();
  });

  it('asks only for variables and labels that there are', () => {
    const variables = new Set([...dashboard.templating.list.map(({ name }) => name), '__rate_interval']);
    for (const expr of expressions) {
      for (const [, name = ''] of expr.matchAll(/\$(\w+)/g)) expect(variables).toContain(name);
      const grouped = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, labels = '']) => labels.split(', '));
      const asked = [...grouped, ...selectorsOf(expr).flatMap(({ labels }) => labels)];
      expect(asked.filter((label) => !KNOWN.has(label))).toEqual([]);
    }
  });

  it('shows every metric of the service’s own', () => {
    const own = [...families.keys()].filter((name) => name.startsWith('latchkey_'));
    expect(own.filter((name) => !expressions.some((expr) => expr.includes(name)))).toEqual([]);
  });
});

/** The labels of our metrics, and those that Prometheus adds. */
const KNOWN = new Set(
  'job instance le method route contract status result algorithm kind version node_version'.split(' '),
);

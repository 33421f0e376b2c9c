import type { SideResult } from './contest.js';
import type { Results } from './results.js';

const WIDTH = 720;
const LABELS = 190;
const FIGURES = 90;
const BAR = 18;
const GAP = 8;
const HEADING = 34;

/** What the chart shows, by the names of sides. */
const PANELS = [
  {
    heading: 'Protected requests a second',
    bars: {
      'limit: no check at all': 'bare Fastify, /auth/getuser',
      Latchkey: '/auth/getuser',
      'SimpleJWT, 2 processes': 'SimpleJWT',
      'better-auth': 'better-auth',
    },
  },
  {
    heading: 'Refreshes with rotation a second',
    bars: {
      'limit: by hand': 'bare Fastify with the same statement and two signatures',
      Latchkey: 'refresh with rotation',
      'SimpleJWT, 2 processes': 'SimpleJWT, refresh',
    },
  },
  {
    heading: 'Sign-ins a second, bcrypt cost 10',
    bars: {
      'limit: bcrypt alone': 'native bcrypt alone, comparing',
      Latchkey: 'sign-in, cost 10',
      'SimpleJWT, 2 processes': 'SimpleJWT, sign-in',
      'better-auth': 'better-auth, sign-in',
    },
  },
] as const;

interface Bar {
  readonly label: string;
  readonly perSecond: number;
}

/** A chart of the hot acts beside limit and peers, readable in light and in dark. */
export function chart({ contests, machine, at }: Pick<Results, 'contests' | 'machine' | 'at'>): string {
  let y = 0;
  const sides = contests.flatMap((contest) => contest.sides);
  const panels = PANELS.flatMap(({ heading, bars }) => {
    const found = barsOf(sides, bars);
    if (found.length === 0) return [];
    const top = y;
    y += HEADING + found.length * (BAR + GAP) + GAP;
    return [panel(heading, found, top)];
  });
  const origin = `${at.slice(0, 10)}, ${machine.cores} × ${machine.processor}, Node ${machine.node}, embedded database`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 28}" role="img" aria-label="Benchmark">`,
    STYLE,
    ...panels,
    `<text class="origin" x="0" y="${y + 18}">${escaped(origin)}</text>`,
    '</svg>',
    '',
  ].join('\n');
}

const STYLE = `<style>
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .heading { font-weight: 600 }
  .origin { font-size: 11px; fill: #57606a }
  .bar { fill: #8c959f }
  .ours { fill: #0969da }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .origin { fill: #8d96a0 }
    .bar { fill: #6e7681 }
    .ours { fill: #4493f8 }
  }
</style>`;

function barsOf(sides: readonly SideResult[], bars: Readonly<Record<string, string>>): Bar[] {
  const side = (name: string): SideResult | undefined => sides.find((one) => one.name === name);
  return Object.entries(bars).flatMap(([label, name]) => {
    const perSecond = side(name)?.perSecond.median;
    return perSecond === undefined ? [] : [{ label, perSecond }];
  });
}

function panel(heading: string, bars: readonly Bar[], top: number): string {
  const most = Math.max(...bars.map(({ perSecond }) => perSecond));
  const drawn = bars.map(({ label, perSecond }, index) => {
    const y = top + HEADING + index * (BAR + GAP);
    const width = Math.max(1, Math.round((perSecond / most) * (WIDTH - LABELS - FIGURES)));
    const figure = perSecond >= 100 ? Math.round(perSecond).toLocaleString('en') : perSecond.toFixed(1);
    const kind = label === 'Latchkey' ? 'bar ours' : 'bar';
    return [
      `<text x="${LABELS - 10}" y="${y + 14}" text-anchor="end">${escaped(label)}</text>`,
      `<rect class="${kind}" x="${LABELS}" y="${y}" width="${width}" height="${BAR}" rx="2"/>`,
      `<text x="${LABELS + width + 8}" y="${y + 14}">${figure}</text>`,
    ].join('\n');
  });
  return [`<text class="heading" x="0" y="${top + 20}">${escaped(heading)}</text>`, ...drawn].join('\n');
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

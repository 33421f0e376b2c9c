import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { needsBuild } from './spec-files.js';

/** Begins with the files that start real processes, which take longest, so that none of them is left for the end. */
export default class Sequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isFirst = ({ moduleId }: TestSpecification): boolean => needsBuild(relative('.', moduleId));
    const engines = [...new Set(sorted.map(({ project }) => project))].sort((a) => (a.name === 'SQLite' ? -1 : 1));
    // A worker serves one project: each has its files in one piece.
    return engines.flatMap((engine) => {
      const own = sorted.filter(({ project }) => project === engine);
      return [...own.filter(isFirst), ...own.filter((file) => !isFirst(file))];
    });
  }
}

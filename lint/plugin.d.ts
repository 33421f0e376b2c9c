interface Rule {
  create(context: { filename: string; report(problem: { message: string }): void }): object;
}

declare const plugin: { rules: { layers: Rule; 'single-statements': Rule; 'explained-suppressions': Rule } };
export default plugin;

export const LAYERS: Record<string, string[]>;

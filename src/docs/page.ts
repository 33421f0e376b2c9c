/** The files of swagger-ui-dist that the page loads; nothing comes from anywhere else. */
export const ASSETS: readonly string[] = [
  'index.css',
  'swagger-ui.css',
  'swagger-ui-bundle.js',
  'swagger-ui-standalone-preset.js',
  'favicon-32x32.png',
];

/** The page. It has no inline script and no inline style, so that its Content-Security-Policy can be a strict one. */
export const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Latchkey</title>
<link rel="icon" type="image/png" href="/docs/assets/favicon-32x32.png">
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
<link rel="stylesheet" href="/docs/assets/index.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/assets/swagger-ui-standalone-preset.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

/** The script that starts the page with its list of definitions, the first one selected. */
export function startScript(definitions: readonly string[]): string {
  const options = {
    dom_id: '#swagger-ui',
    urls: definitions.map((name) => ({ name, url: `/docs/${name}/openapi.json` })),
    layout: 'StandaloneLayout',
    deepLinking: true,
    displayRequestDuration: true,
    defaultModelsExpandDepth: 0,
    // The badge would send the document's address to a validator on the Internet.
    validatorUrl: null,
  };
  // The stock logo brings an inline style sheet, which the Content-Security-Policy refuses.
  return `SwaggerUIBundle({
  ...${JSON.stringify(options)},
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
  plugins: [() => ({ components: { Logo: () => 'Latchkey' } })],
});
`;
}

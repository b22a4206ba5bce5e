// Starts Swagger UI on the server's own description. A file of its own: the page's policy forbids inline scripts.
window.SwaggerUIBundle({
  url: new URL('../openapi.json', document.baseURI).href,
  dom_id: '#reference',
  deepLinking: true,
  // Nothing is asked of a foreign host: no validator badge, no remote configuration.
  validatorUrl: null,
  queryConfigEnabled: false,
});

// Runs inside the sandboxed frame that draws diagrams, beside Mermaid. Not part of the page: it has no origin, may ask
// nobody, and is given texts of foreign origin.
//
// Takes {kind: 'draw', id, source, look}; answers {kind: 'drawn', id, svg, width, height, title, labels} or
// {kind: 'failed', id, line, message}.

(() => {
  'use strict';
  /** What a text may not set for itself. */
  const OURS = ['secure', 'securityLevel', 'startOnLoad', 'suppressErrorRendering', 'maxTextSize', 'maxEdges', 'htmlLabels', 'dompurifyConfig', 'fontFamily'];
  /** Beyond these a drawing takes seconds and nobody can read it. */
  const MOST_TEXT = 50000;
  const MOST_EDGES = 1000;
  const { mermaid } = window;
  let looked = '';
  let queue = Promise.resolve();

  const tell = (message) => parent.postMessage(message, '*');

  const adopt = ({ dark, font, variables }) => {
    const wanted = JSON.stringify([dark, font, variables]);
    if (wanted === looked) return;
    looked = wanted;
    mermaid.initialize({
      startOnLoad: false,
      securityLevel: 'strict',
      suppressErrorRendering: true,
      secure: OURS,
      maxTextSize: MOST_TEXT,
      maxEdges: MOST_EDGES,
      htmlLabels: false,
      flowchart: { htmlLabels: false },
      class: { htmlLabels: false },
      fontFamily: font,
      theme: 'base',
      darkMode: dark,
      themeVariables: { ...variables, darkMode: dark, fontFamily: font },
    });
  };

  const textOf = (svg, selector) => [...svg.querySelectorAll(selector)].map((part) => part.textContent.replace(/\s+/g, ' ').trim()).filter(Boolean);

  /** As a picture of its own: with a size, and in the strict writing that pictures need. */
  const picture = (markup, paper) => {
    const holder = document.createElement('div');
    holder.innerHTML = markup;
    const svg = holder.querySelector('svg');
    const { width, height } = svg.viewBox.baseVal;
    svg.setAttribute('width', String(width));
    svg.setAttribute('height', String(height));
    svg.style.removeProperty('max-width');
    // Also on other ground it is drawn for this one: on paper.
    svg.style.backgroundColor = paper;
    const title = textOf(svg, ':scope > title, :scope > desc').join('. ');
    return { svg: new XMLSerializer().serializeToString(svg), width, height, title, labels: textOf(svg, 'text') };
  };

  const draw = async ({ id, source, look }) => {
    try {
      adopt(look);
      const { svg } = await mermaid.render(`diagram-${id}`, source);
      tell({ kind: 'drawn', id, ...picture(svg, look.variables.background) });
    } catch (cause) {
      const message = String(cause && cause.message ? cause.message : cause);
      const line = cause && cause.hash && cause.hash.loc ? cause.hash.loc.first_line : Number((/\bline:? (\d+)/i.exec(message) || [])[1]);
      tell({ kind: 'failed', id, line: Number.isFinite(line) ? line : 0, message });
    }
  };

  addEventListener('message', ({ source, data }) => {
    if (source === parent && data && data.kind === 'draw') queue = queue.then(() => draw(data));
  });
  tell({ kind: 'ready' });
})();

// Input methods as the browser meets them: signs that are put together before they stand.

/** The input method of somebody's page: `compose` shows what is put together, `replace` what takes the place of a piece of the text, `commit` ends it. */
export async function inputMethod(person) {
  const devtools = await person.context.newCDPSession(person.page);
  return {
    compose: (text) => devtools.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length }),
    replace: (text, from, to) =>
      devtools.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length, replacementStart: from, replacementEnd: to }),
    commit: (text) => devtools.send('Input.insertText', { text }),
  };
}

/** Notes when a composition begins and ends; the answer reads what was noted. */
export async function watchComposition(page) {
  await page.evaluate(() => {
    window.compositions = [];
    for (const kind of ['compositionstart', 'compositionend']) document.addEventListener(kind, (event) => window.compositions.push([kind, event.data]), true);
  });
  return () => page.evaluate(() => window.compositions);
}

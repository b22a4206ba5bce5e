// Writes updates made by Yjs 13 as `name hex` lines, for tests/gate.rs. Run where yjs 13.6.33 is installed:
//   node tests/gate/yjs.mjs > tests/gate/yjs.txt
import * as Y from 'yjs'

const updates = []
const note = (name, update) => updates.push([name, update])

const document = (client) => {
  const doc = new Y.Doc({ guid: `document-${client}` })
  doc.clientID = client
  return doc
}

const recorded = (name, client, edit) => {
  const doc = document(client)
  let count = 0
  doc.on('update', (update) => note(`${name}-step-${count++}`, update))
  edit(doc)
  note(`${name}-state`, Y.encodeStateAsUpdate(doc))
  return doc
}

recorded('empty', 1, () => {})

recorded('text', 2, (doc) => {
  const text = doc.getText('')
  text.insert(0, 'Grüße, 世界 👩‍👩‍👧‍👦')
  text.insert(3, 'x')
  text.delete(2, 4)
  text.insert(text.length, '\ud83c\udf31')
  text.insert(text.length - 1, 'between surrogates')
  text.delete(0, text.length)
})

recorded('formats', 3, (doc) => {
  const text = doc.getText('text')
  text.insert(0, 'bold and plain', { bold: true })
  text.format(5, 3, { bold: null, link: { href: 'https://example.org', rel: ['a', 'b', null, 1.5, -3, true] } })
  text.insertEmbed(2, { image: 'data:image/png;base64,AAAA', width: 1e21 })
  text.insertEmbed(4, new Y.Map([['nested', 1]]))
  text.applyDelta([{ retain: 3, attributes: { em: {} } }, { delete: 2 }, { insert: '\n', attributes: { h: 1 } }])
})

recorded('values', 4, (doc) => {
  const map = doc.getMap('map')
  const all = [
    null, undefined, true, false, 0, -0, 1, -1, 63, 64, -64, 2147483647, -2147483648, 4294967296, 9007199254740991,
    0.5, 1e300, -1e-300, NaN, Infinity, 12345678901234567890n % 9223372036854775807n, -5n, '', 'text', '\ud800 alone',
    [], [[], [[]]], {}, { a: { b: [1, { c: undefined }] } }, new Uint8Array([1, 2, 3])
  ]
  doc.transact(() => all.forEach((value, index) => map.set(`key ${index % 20}`, value)))
  doc.getArray('array').insert(0, all.filter((value) => value !== undefined && typeof value !== 'bigint'))
  doc.getArray('array').delete(3, 5)
  doc.getArray('array').insert(4, [new Uint8Array(0), new Uint8Array(300)])
})

recorded('nested', 5, (doc) => {
  let map = doc.getMap('root')
  for (let depth = 0; depth < 100; depth++) {
    const inner = depth % 2 ? new Y.Map() : new Y.Map([['text', new Y.Text('in')], ['list', Y.Array.from([depth])]])
    map.set('inner', inner)
    map = inner
  }
  doc.getMap('root').get('inner').get('inner').delete('inner')
  doc.getMap('root').set('inner', 'gone')
})

recorded('xml', 6, (doc) => {
  const fragment = doc.getXmlFragment('prosemirror')
  const element = new Y.XmlElement('paragraph')
  element.setAttribute('align', 'left')
  element.insert(0, [new Y.XmlText('hello'), new Y.XmlElement('img')])
  fragment.insert(0, [element, new Y.XmlText('tail')])
  element.get(0).format(0, 2, { strong: true })
  element.removeAttribute('align')
  fragment.delete(1, 1)
})

recorded('subdocuments', 7, (doc) => {
  doc.getMap('folder').set('a', new Y.Doc({ guid: 'a', meta: { title: 'A' }, autoLoad: true }))
  doc.getMap('folder').set('b', new Y.Doc({ guid: 'b', gc: false }))
  doc.getMap('folder').set('a', new Y.Doc({ guid: 'a2' }))
})

recorded('undo', 8, (doc) => {
  const text = doc.getText('text')
  const undo = new Y.UndoManager(text, { captureTimeout: 0 })
  text.insert(0, 'one ')
  text.insert(4, 'two ')
  text.delete(0, 4)
  undo.undo()
  undo.undo()
  undo.redo()
})

const wide = recorded('53-bit-client', 2 ** 53 - 1, (doc) => doc.getArray('list').push([1, 2, 3]))

// Two authors, concurrently, through merged and cut updates.
const left = document(3000000000)
const right = document(12)
const fromLeft = []
left.on('update', (update) => fromLeft.push(update))
left.getText('text').insert(0, 'left')
right.getText('text').insert(0, 'right')
Y.applyUpdate(left, Y.encodeStateAsUpdate(right))
const known = Y.encodeStateVector(left)
left.getText('text').insert(2, 'XYZ')
left.getText('text').insert(0, '!')
const afterAHole = fromLeft.at(-1)
left.getText('text').delete(1, 5)
Y.applyUpdate(left, Y.encodeStateAsUpdate(wide))
note('two-authors-state', Y.encodeStateAsUpdate(left))
note('two-authors-difference', Y.encodeStateAsUpdate(left, known))
note('two-authors-merged', Y.mergeUpdates(fromLeft))
note('two-authors-cut', Y.diffUpdate(Y.mergeUpdates(fromLeft), known))
note('two-authors-merged-with-holes', Y.mergeUpdates([fromLeft[0], afterAHole]))
const behind = document(13)
Y.applyUpdate(behind, afterAHole)
note('state-with-pending', Y.encodeStateAsUpdate(behind))
const uncollected = new Y.Doc({ gc: false })
uncollected.clientID = 14
uncollected.getArray('list').insert(0, [new Y.Map([['a', 1]]), new Y.Text('b')])
uncollected.getArray('list').delete(0, 2)
note('uncollected-state', Y.encodeStateAsUpdate(uncollected))

for (const [name, update] of updates) console.log(`${name} ${Buffer.from(update).toString('hex')}`)

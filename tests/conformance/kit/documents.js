// The same small edits in Yjs 13 and in Yjs 14, whose types have other names.

import * as Y14 from "@y/y";
import * as Y13 from "yjs";

const fill = (map, entries) => Object.entries(entries).forEach(([key, value]) => map.set(key, value));

/** How to make, edit and read a document of one Yjs major. */
export const yjs13 = {
  Y: Y13,
  insert: (doc, index, text) => doc.getText("text").insert(index, text),
  remove: (doc, index, length) => doc.getText("text").delete(index, length),
  text: (doc) => doc.getText("text").toString(),
  set: (doc, key, value) => doc.getMap("map").set(key, value),
  get: (doc, key) => doc.getMap("map").get(key),
  nest: (doc, key, entries) => {
    const inner = new Y13.Map();
    fill(inner, entries);
    doc.getMap("map").set(key, inner);
  },
  nested: (doc, key, inner) => doc.getMap("map").get(key)?.get(inner),
};

export const yjs14 = {
  Y: Y14,
  insert: (doc, index, text) => doc.get("text").insert(index, text),
  remove: (doc, index, length) => doc.get("text").delete(index, length),
  text: (doc) => doc.get("text").toString(),
  set: (doc, key, value) => doc.get("map").setAttr(key, value),
  get: (doc, key) => doc.get("map").getAttr(key),
  nest: (doc, key, entries) => {
    const inner = new Y14.Type();
    Object.entries(entries).forEach(([name, value]) => inner.setAttr(name, value));
    doc.get("map").setAttr(key, inner);
  },
  nested: (doc, key, inner) => doc.get("map").getAttr(key)?.getAttr(inner),
};

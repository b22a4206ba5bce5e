// Hocuspocus as its documentation sets it up, its documents in an SQLite file of the folder given.
import { join } from "node:path";
import { SQLite } from "@hocuspocus/extension-sqlite";
import { Server } from "@hocuspocus/server";

const [port, folder] = process.argv.slice(2);
const database = join(folder, "documents.sqlite");
await new Server({ port: Number(port), address: "127.0.0.1", quiet: true, extensions: [new SQLite({ database })] }).listen();

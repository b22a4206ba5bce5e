// Generated from the Rust types by `cargo test --test generated`. Do not edit by hand.

/**
 * A notebook: opaque, URL-safe.
 */
export type NotebookId = string;

/**
 * A cell, unique within its notebook.
 */
export type CellId = string;

/**
 * One run of a cell, unique in the server.
 */
export type RunId = string;

/**
 * A project: a board of tasks and sessions.
 */
export type ProjectId = string;

/**
 * A task, unique in the server.
 */
export type TaskId = string;

/**
 * A session of work on tasks, unique in the server.
 */
export type SessionId = string;

/**
 * A widget session: what a program draws in the page.
 */
export type WidgetSessionId = string;

/**
 * What a cell is for.
 */
export type CellKind = "code" | "note" | "prompt" | "raw";

/**
 * Who caused a change.
 */
export type Actor = { 
/**
 * The name shown to people.
 */
name: string, kind: ActorKind, };

/**
 * What sort of actor it is.
 */
export type ActorKind = "human" | "agent" | "token" | "server";

/**
 * What somebody may do. Whoever may do more is greater.
 */
export type Role = "viewer" | "editor";

/**
 * A fact about a document, derived from its transactions, whoever caused them.
 */
export type Event = { "event": "notebook:created", "data": { id: NotebookId, title: string, } } | { "event": "notebook:updated", "data": { id: NotebookId, title: string, } } | { "event": "notebook:deleted", "data": { id: NotebookId, } } | { "event": "cell:added", "data": { cell: CellId, kind: CellKind, after: CellId | null, } } | { "event": "cell:moved", "data": { cell: CellId, after: CellId | null, } } | { "event": "cell:deleted", "data": { cell: CellId, } } | { "event": "cell:restored", "data": { cell: CellId, } } | { "event": "cell:edited", "data": { cell: CellId, } } | { "event": "run:queued", "data": { runId: RunId, cell: CellId, kind: RunKind, } } | { "event": "run:started", "data": { runId: RunId, cell: CellId, kind: RunKind, } } | { "event": "run:finished", "data": { runId: RunId, cell: CellId, kind: RunKind, } } | { "event": "run:failed", "data": { runId: RunId, cell: CellId, kind: RunKind, error: string, } } | { "event": "run:cancelled", "data": { runId: RunId, cell: CellId, kind: RunKind, by?: Actor, } } | { "event": "cell:answer.delta", "data": { runId: RunId, cell: CellId, thinking: boolean, text: string, } } | { "event": "cell:answer.done", "data": { runId: RunId, cell: CellId, state: RunState, } } | { "event": "project:created", "data": { id: ProjectId, name: string, } } | { "event": "project:updated", "data": { id: ProjectId, name: string, } } | { "event": "project:deleted", "data": { id: ProjectId, } } | { "event": "task:created", "data": TaskCard } | { "event": "task:updated", "data": TaskChanges } | { "event": "task:deleted", "data": { id: TaskId, } } | { "event": "task:session_added", "data": { taskId: TaskId, sessionId: SessionId, } } | { "event": "task:session_removed", "data": { taskId: TaskId, sessionId: SessionId, } } | { "event": "session:created", "data": Session } | { "event": "session:updated", "data": SessionChanges } | { "event": "session:deleted", "data": { id: SessionId, } } | { "event": "session:task_added", "data": { sessionId: SessionId, taskId: TaskId, } } | { "event": "session:task_removed", "data": { sessionId: SessionId, taskId: TaskId, } } | { "event": "widgets:created", "data": { id: WidgetSessionId, title: string, } } | { "event": "widgets:deleted", "data": { id: WidgetSessionId, title: string, } } | { "event": "widgets:program_connected", "data": { id: WidgetSessionId, title: string, } } | { "event": "widgets:program_gone", "data": { id: WidgetSessionId, title: string, } };

/**
 * How far a task is.
 */
export type TaskStatus = "pending" | "in_progress" | "blocked" | "completed" | "cancelled";

/**
 * How much a task matters.
 */
export type Priority = "low" | "medium" | "high";

/**
 * How far a session is.
 */
export type SessionStatus = "running" | "idle" | "completed" | "failed";

/**
 * A notebook or a cell that a task is about, or that does it.
 */
export type Reference = { notebook: NotebookId, cell?: CellId, };

/**
 * What is known of a task without its texts.
 */
export type TaskCard = { id: TaskId, projectId: ProjectId, title: string, status: TaskStatus, priority: Priority, 
/**
 * The sessions it is in, first joined first.
 */
sessionIds: Array<SessionId>, 
/**
 * How many those are.
 */
sessionCount: number, 
/**
 * Notebooks and cells it is about.
 */
references: Array<Reference>, 
/**
 * Its place on the board: the least stands on top.
 */
order: string, createdAt: number, 
/**
 * Rises strictly with each change that is told.
 */
updatedAt: number, 
/**
 * When it was completed; there exactly while it is.
 */
completedAt?: number, 
/**
 * Who made it.
 */
createdBy?: Actor, };

/**
 * A task, whole.
 */
export type Task = { description: string, 
/**
 * What an agent is asked to do.
 */
prompt: string, id: TaskId, projectId: ProjectId, title: string, status: TaskStatus, priority: Priority, 
/**
 * The sessions it is in, first joined first.
 */
sessionIds: Array<SessionId>, 
/**
 * How many those are.
 */
sessionCount: number, 
/**
 * Notebooks and cells it is about.
 */
references: Array<Reference>, 
/**
 * Its place on the board: the least stands on top.
 */
order: string, createdAt: number, 
/**
 * Rises strictly with each change that is told.
 */
updatedAt: number, 
/**
 * When it was completed; there exactly while it is.
 */
completedAt?: number, 
/**
 * Who made it.
 */
createdBy?: Actor, };

/**
 * A session: somebody, or some program, at work on tasks.
 */
export type Session = { id: SessionId, projectId: ProjectId, name: string, status: SessionStatus, 
/**
 * Its tasks, first added first.
 */
taskIds: Array<TaskId>, 
/**
 * The notebook it works in.
 */
notebook?: NotebookId, createdAt: number, 
/**
 * Rises strictly with each change that is told.
 */
updatedAt: number, 
/**
 * When it ended; there exactly when it has.
 */
completedAt?: number, 
/**
 * When it last said that it is alive.
 */
lastHeartbeat?: number, 
/**
 * Who opened it.
 */
createdBy?: Actor, };

/**
 * What changed of a task: the new values, apart from its texts, which are only named.
 */
export type TaskChanges = { id: TaskId, 
/**
 * The fields that changed.
 */
changed: Array<string>, title?: string, status?: TaskStatus, priority?: Priority, 
/**
 * `null` when it is not completed any more.
 */
completedAt?: number | null, sessionIds?: Array<SessionId>, sessionCount?: number, references?: Array<Reference>, order?: string, updatedAt: number, };

/**
 * What changed of a session: the new values.
 */
export type SessionChanges = { id: SessionId, 
/**
 * The fields that changed.
 */
changed: Array<string>, name?: string, status?: SessionStatus, taskIds?: Array<TaskId>, 
/**
 * `null` when it works in no notebook any more.
 */
notebook?: string | null, 
/**
 * `null` when it goes on after all.
 */
completedAt?: number | null, updatedAt: number, };

/**
 * What runs a cell.
 */
export type RunKind = "code" | "prompt";

/**
 * How far a run is.
 */
export type RunState = "queued" | "running" | "ok" | "failed" | "cancelled" | "interrupted";

/**
 * What a running program waits for: a line that any editor may type.
 */
export type InputWanted = { 
/**
 * What the program asks.
 */
prompt: string, 
/**
 * What is typed is not to be shown.
 */
password: boolean, };

/**
 * What an answer cost.
 */
export type TokenUsage = { 
/**
 * Of the question with its context.
 */
inputTokens: number, 
/**
 * Of thinking and answer.
 */
outputTokens: number, 
/**
 * The provider told nothing; the numbers are this server's estimate.
 */
estimated?: boolean, 
/**
 * Millionths of a US dollar; absent where neither the provider told it nor prices are set.
 */
microdollars?: number, };

/**
 * The protocol a provider speaks.
 */
export type ProviderKind = "openai" | "anthropic" | "ollama" | "demo";

/**
 * Who said that a provider is there.
 */
export type ProviderSource = "page" | "file" | "environment" | "builtin";

/**
 * The last run of a cell, as the document's root `runs` and REST tell it.
 */
export type Run = { runId: RunId, cell: CellId, kind: RunKind, state: RunState, 
/**
 * Who pressed Run.
 */
by: Actor, queuedAt: number, startedAt?: number, endedAt?: number, 
/**
 * Of the source that ran; the result is stale when the present source has another one.
 */
sourceHash?: string, executionCount?: number, 
/**
 * Why it failed or never began: a sentence.
 */
error?: string, stoppedBy?: Actor, 
/**
 * What people should know of a run that ended well: a sentence.
 */
notice?: string, 
/**
 * The program waits for a line.
 */
input?: InputWanted, 
/**
 * The model that answered.
 */
model?: string, usage?: TokenUsage, };

/**
 * How far a kernel is.
 */
export type KernelPhase = "stopped" | "preparing" | "starting" | "idle" | "busy" | "restarting" | "dead";

/**
 * The kernel of a notebook, as the document's root `kernel` and REST tell it.
 */
export type KernelStatus = { state: KernelPhase, 
/**
 * The kernelspec it was started by.
 */
spec?: string, 
/**
 * Since when it is in this state.
 */
since: number, 
/**
 * Who started, restarted or stopped it last.
 */
by?: Actor, 
/**
 * Why it is dead or stopped.
 */
sentence?: string, 
/**
 * What is being done while its environment is made.
 */
step?: string, 
/**
 * How much of that is done, 0 to 1.
 */
fraction?: number, };

/**
 * The body of every refusal.
 */
export type ErrorBody = { error: ErrorDetail, };

/**
 * What was wrong and what to do.
 */
export type ErrorDetail = { 
/**
 * For programs, stable: `notebook_not_found`.
 */
code: string, 
/**
 * For people: a sentence.
 */
message: string, };

/**
 * What the asker may do.
 */
export type RoleBody = { role: Role, 
/**
 * Everything that the secret allows.
 */
scopes: Array<Scope>, 
/**
 * The name under which its bearer acts, if it is a named token.
 */
name?: string, };

/**
 * A notebook in a list.
 */
export type NotebookSummary = { id: NotebookId, title: string, createdAt: number, 
/**
 * When somebody last changed it.
 */
updatedAt: number, 
/**
 * Who that was; absent while it is as the server made it.
 */
updatedBy?: Actor, cellCount: number, 
/**
 * When it was put into the bin; absent otherwise.
 */
deletedAt?: number, };

/**
 * All notebooks, last changed first.
 */
export type NotebookList = { notebooks: Array<NotebookSummary>, };

/**
 * Asks for a new, empty notebook.
 */
export type CreateNotebook = { 
/**
 * "Untitled" if absent.
 */
title?: string, 
/**
 * An id of the caller's choice; a new one if absent.
 */
id?: NotebookId, };

/**
 * Changes a notebook; what is absent stays.
 */
export type PatchNotebook = { title?: string, 
/**
 * Keys to set; a `null` removes its key. In `coscribe` stand `provider`, `model` and `mode` of questions that name
 * none: `standard`, `concise`, `learning`, or `mock` for the demonstration.
 */
metadata?: Record<string, unknown>, };

/**
 * Asks for a copy of a notebook.
 */
export type DuplicateNotebook = { 
/**
 * "Copy of …" if absent.
 */
title?: string, 
/**
 * An id of the caller's choice; a new one if absent.
 */
id?: NotebookId, };

/**
 * How large things may be on this server, in bytes.
 */
export type LimitsBody = { 
/**
 * A notebook file to import.
 */
importBytes: number, 
/**
 * A file to upload to a notebook.
 */
uploadBytes: number, 
/**
 * The body of any other request, a blob's too.
 */
bodyBytes: number, 
/**
 * One message of a WebSocket.
 */
messageBytes: number, 
/**
 * A document; changes to one that reached it are refused.
 */
documentBytes: number, };

/**
 * A notebook, whole.
 */
export type NotebookBody = { 
/**
 * The cells in their order, those in the bin left out.
 */
cells: Array<CellBody>, 
/**
 * Notebook metadata as in `.ipynb`.
 */
metadata: Record<string, unknown>, 
/**
 * Deleted cells that can be restored, last deleted first.
 */
bin: Array<DeletedCell>, id: NotebookId, title: string, createdAt: number, 
/**
 * When somebody last changed it.
 */
updatedAt: number, 
/**
 * Who that was; absent while it is as the server made it.
 */
updatedBy?: Actor, cellCount: number, 
/**
 * When it was put into the bin; absent otherwise.
 */
deletedAt?: number, };

/**
 * A cell.
 */
export type CellBody = { id: CellId, type: CellKind, source: string, 
/**
 * nbformat outputs; empty for notes.
 */
outputs: Array<Record<string, unknown>>, executionCount: number | null, 
/**
 * Source and outputs both hidden.
 */
collapsed: boolean, metadata: Record<string, unknown>, };

/**
 * A cell in the bin.
 */
export type DeletedCell = { deletedAt: number, deletedBy: string, id: CellId, type: CellKind, source: string, 
/**
 * nbformat outputs; empty for notes.
 */
outputs: Array<Record<string, unknown>>, executionCount: number | null, 
/**
 * Source and outputs both hidden.
 */
collapsed: boolean, metadata: Record<string, unknown>, };

/**
 * Asks for a new cell.
 */
export type AddCell = { type: CellKind, source?: string, 
/**
 * The cell to put it after: absent for the end, `null` for the beginning.
 */
after?: string | null, 
/**
 * An id of the caller's choice; a new one if absent.
 */
id?: CellId, };

/**
 * Changes a cell; what is absent stays.
 */
export type PatchCell = { type?: CellKind, 
/**
 * Keys to set; a `null` removes its key. Of a prompt cell, `coscribe` holds `provider`, `model` and `thinking`; of any
 * cell, `skipped` leaves it out of questions, `pinned` sends it with all.
 */
metadata?: Record<string, unknown>, 
/**
 * Hides or shows source and outputs.
 */
collapsed?: boolean, };

/**
 * Replaces a cell's text by the smallest edits.
 */
export type PutSource = { source: string, 
/**
 * The text the caller started from; what others typed since then is kept.
 */
base?: string, };

/**
 * Moves a cell.
 */
export type MoveCell = { 
/**
 * The cell to stand after; `null` or absent for the beginning.
 */
after?: CellId | null, };

/**
 * Which cells of a notebook are to run: exactly one of `cells`, `above`, `below` and `all`. Notes are passed over.
 */
export type RunCells = { 
/**
 * These, in the order of the notebook.
 */
cells?: Array<CellId>, 
/**
 * All before this one.
 */
above?: CellId, 
/**
 * This one and all after it.
 */
below?: CellId, 
/**
 * All of them: `true`.
 */
all?: boolean, 
/**
 * Also those behind a cell that fails; without it they are cancelled.
 */
keepGoing?: boolean, };

/**
 * Runs that were asked for, or stopped.
 */
export type RunList = { runs: Array<Run>, };

/**
 * What could stand between `start` and `end`.
 */
export type Completions = { matches: Array<Completion>, 
/**
 * In UTF-16 units of the code.
 */
start: number, end: number, };

/**
 * A text that could stand at the cursor.
 */
export type Completion = { text: string, 
/**
 * The kernel's own word: `function`, `module`, `instance` …
 */
type?: string, 
/**
 * The arguments of a function.
 */
signature?: string, };

/**
 * A variable of the program in a kernel.
 */
export type Variable = { name: string, 
/**
 * The name of its type, with the module if that is not Python's own.
 */
type: string, 
/**
 * How many elements it has, or its shape: `3`, `100 × 4`.
 */
size?: string, 
/**
 * The beginning of its value; empty where only code of the program could tell it.
 */
value: string, };

/**
 * The kernel of a notebook.
 */
export type KernelBody = { 
/**
 * What was said while its environment was made.
 */
log: string, state: KernelPhase, 
/**
 * The kernelspec it was started by.
 */
spec?: string, 
/**
 * Since when it is in this state.
 */
since: number, 
/**
 * Who started, restarted or stopped it last.
 */
by?: Actor, 
/**
 * Why it is dead or stopped.
 */
sentence?: string, 
/**
 * What is being done while its environment is made.
 */
step?: string, 
/**
 * How much of that is done, 0 to 1.
 */
fraction?: number, };

/**
 * Starts a kernel.
 */
export type StartKernel = { 
/**
 * The kernelspec, which is the notebook's from then on; the one it has if absent.
 */
spec?: string, 
/**
 * Shuts down a kernel first that runs by another kernelspec: what it has in memory is gone.
 */
replace?: boolean, };

/**
 * Starts the kernel anew: what it had in memory is gone.
 */
export type RestartKernel = { 
/**
 * And runs all cells.
 */
runAll?: boolean, };

/**
 * The kernels that can be started.
 */
export type KernelspecList = { 
/**
 * The one of a notebook that names none.
 */
default: string, 
/**
 * A sentence: what the code of notebooks may do to the machine of the server.
 */
isolation: string, specs: Array<KernelspecBody>, };

/**
 * A kernel that can be started.
 */
export type KernelspecBody = { name: string, displayName: string, language: string, origin: KernelOrigin, 
/**
 * Where its kernelspec is, if it was installed on the machine.
 */
directory?: string, 
/**
 * Its program is there. The server's own is made at the first start.
 */
ready: boolean, };

/**
 * Where a kernel comes from.
 */
export type KernelOrigin = "server" | "machine";

/**
 * Asks what could stand at the cursor.
 */
export type CompleteCode = { code: string, 
/**
 * In UTF-16 units of the code.
 */
cursor: number, };

/**
 * Asks what is known of the name at the cursor.
 */
export type InspectCode = { code: string, 
/**
 * In UTF-16 units of the code.
 */
cursor: number, 
/**
 * 1 asks for the source too; 0 if absent.
 */
detail?: number, };

/**
 * What is known of a name in code.
 */
export type InspectionBody = { found: boolean, 
/**
 * Forms of it by MIME type.
 */
data: Record<string, unknown>, };

/**
 * The variables of the program in a kernel, by name; of very many the first.
 */
export type VariableList = { variables: Array<Variable>, };

/**
 * Something that is done with a widget of the kernel: a change of its state, or a message of its own.
 */
export type TellModel = { 
/**
 * The new values of its state.
 */
state?: { [key: string]: unknown }, 
/**
 * Where in the state each of `buffers` belongs: keys and places.
 */
bufferPaths?: (string | number)[][], 
/**
 * Binary parts of the state or the message, in base64.
 */
buffers?: Array<string>, 
/**
 * What its code is told, instead of a state.
 */
message?: unknown, 
/**
 * The cell in which it was used: what its code puts out stands there.
 */
cell?: CellId, };

/**
 * A widget was told.
 */
export type ModelTold = { 
/**
 * The number of the change: values in the document with a smaller one are older.
 */
seq: number, };

/**
 * The Python environment that the notebooks of the server share.
 */
export type EnvironmentBody = { state: EnvironmentPhase, 
/**
 * What became of the last work on it, if it did not end well.
 */
sentence?: string, 
/**
 * What is being done: `findPython`, `makeEnvironment`, `installPackages`, `removePackages`, `check`.
 */
step?: string, 
/**
 * How much of that is done, 0 to 1.
 */
fraction?: number, 
/**
 * What the tools said at the last work, the newest lines last.
 */
log: Array<string>, 
/**
 * The version of its Python.
 */
python?: string, 
/**
 * The tool that made it: `uv` or `pip`.
 */
madeWith?: string, 
/**
 * By name; empty while the environment cannot be used.
 */
packages: Array<PackageBody>, };

/**
 * How far the Python environment is.
 */
export type EnvironmentPhase = "absent" | "making" | "ready" | "failed";

/**
 * A package of the environment.
 */
export type PackageBody = { name: string, version: string, 
/**
 * Kernels do not run without it: it cannot be removed.
 */
needed: boolean, };

/**
 * Adds packages to the environment.
 */
export type AddPackages = { 
/**
 * As pip reads them: `numpy`, `numpy>=2`.
 */
packages: Array<string>, };

/**
 * The files of a notebook, which its code finds in its working directory.
 */
export type FileList = { 
/**
 * Where that is on the machine of the server.
 */
directory: string, 
/**
 * By path. What begins with a dot is left out.
 */
files: Array<FileBody>, 
/**
 * There are more than are listed.
 */
more: boolean, };

/**
 * A file of a notebook.
 */
export type FileBody = { 
/**
 * From the working directory on: `data/table.csv`.
 */
path: string, 
/**
 * In bytes.
 */
size: number, 
/**
 * When it was last written.
 */
modified: number, };

/**
 * The line that a program waits for.
 */
export type InputLine = { value: string, };

/**
 * Who can be asked.
 */
export type ProviderList = { 
/**
 * The provider that answers unless a question names another.
 */
default: string, 
/**
 * Its model; absent if it is asked which it has.
 */
defaultModel?: string, 
/**
 * In the order of menus; the demonstration last.
 */
providers: Array<ProviderBody>, 
/**
 * What is wrong with the settings, in sentences.
 */
problems: Array<string>, };

/**
 * A provider.
 */
export type ProviderBody = { name: string, kind: ProviderKind, 
/**
 * Absent for the demonstration. Of what the operator set only scheme, host and port.
 */
address?: string, 
/**
 * The models configured, the default one first; empty if the provider is asked for them.
 */
models: Array<string>, 
/**
 * Whether a key is there. The key itself is never shown.
 */
hasKey: boolean, source: ProviderSource, 
/**
 * Whether it answers unless a question names another.
 */
default: boolean, 
/**
 * By model, as far as somebody has set them.
 */
prices: { [key in string]: ModelPrice }, };

/**
 * What a model costs, in US dollars for a million tokens.
 */
export type ModelPrice = { 
/**
 * Of questions.
 */
input: number, 
/**
 * Of answers.
 */
output: number, };

/**
 * Sets a provider, whole.
 */
export type PutProvider = { kind: ProviderKind, 
/**
 * The usual one of its kind if absent.
 */
address?: string, 
/**
 * Models to offer, the default one first. Without any, the provider is asked.
 */
models?: Array<string>, 
/**
 * Absent: the key that was set here before stays, for the same address. `null`: there is none.
 */
key?: string | null, 
/**
 * By model.
 */
prices?: { [key in string]: ModelPrice }, };

/**
 * Chooses who answers when a question names nobody.
 */
export type DefaultProvider = { provider: string, 
/**
 * The provider's first model if absent.
 */
model?: string, };

/**
 * What a test of a provider found.
 */
export type ProviderTest = { 
/**
 * It answered a short question.
 */
ok: boolean, 
/**
 * What it says it has.
 */
models: Array<string>, 
/**
 * Why it did not answer, and what to do.
 */
sentence?: string, };

/**
 * The models of a provider, as it tells them.
 */
export type ModelList = { models: Array<string>, };

/**
 * What would be sent to a language model if a cell were run now. All numbers of tokens are estimates.
 */
export type ContextBody = { 
/**
 * Who would be asked.
 */
provider: string, 
/**
 * Absent if the provider is to be asked which it has.
 */
model?: string, 
/**
 * Of all that would be sent.
 */
tokens: number, 
/**
 * More than about so many are not sent: the cells farthest above are cut first.
 */
limit?: number, 
/**
 * What the model is told about its task.
 */
system?: string, 
/**
 * The conversation; its last message ends with the question.
 */
messages: Array<ContextMessage>, 
/**
 * The cells that are considered, in their order, each with what becomes of it. Those without anything to say are
 * left out.
 */
cells: Array<ContextCell>, 
/**
 * Why the question would fail at once: a sentence.
 */
problem?: string, };

/**
 * Who says something to, or as, a model.
 */
export type ContextSpeaker = "user" | "assistant";

/**
 * A message of the conversation.
 */
export type ContextMessage = { speaker: ContextSpeaker, text: string, tokens: number, 
/**
 * How many pictures go with it.
 */
pictures: number, };

/**
 * What becomes of a cell when a question is asked.
 */
export type ContextState = "sent" | "pinned" | "skipped" | "stale" | "cut";

/**
 * A cell that is considered.
 */
export type ContextCell = { cell: CellId, state: ContextState, 
/**
 * What of it is sent; 0 if nothing is.
 */
tokens: number, };

/**
 * One step of a private draft of an answer.
 */
export type DraftEvent = { "thinking": string } | { "text": string } | { "done": DraftDone } | { "failed": string };

/**
 * What is known of a draft that is complete. With its words it can be published as it is.
 */
export type DraftDone = { 
/**
 * The model that answered.
 */
model?: string, usage?: TokenUsage, 
/**
 * That it is cut off, say: a sentence.
 */
notice?: string, 
/**
 * Of the question that was asked.
 */
sourceHash: string, 
/**
 * The cells that were sent along.
 */
sent: Array<CellId>, };

/**
 * An answer that another took the place of, with what people wrote into it, as the document's root `earlier` and REST
 * tell it. Published, it is the answer of its cell again.
 */
export type EarlierAnswer = { cell: CellId, 
/**
 * When another took its place.
 */
at: number, text: string, thinking?: string, model?: string, usage?: TokenUsage, 
/**
 * That it is cut off, say: a sentence.
 */
notice?: string, 
/**
 * The name of whoever stopped it.
 */
stoppedBy?: string, 
/**
 * Of the question that it answers.
 */
sourceHash?: string, 
/**
 * The cells that were sent along.
 */
sent?: Array<CellId>, };

/**
 * The answers of a prompt cell that others took the place of, the last first.
 */
export type EarlierAnswers = { answers: Array<EarlierAnswer>, };

/**
 * Makes a draft, or an earlier answer, the answer of its cell.
 */
export type PublishAnswer = { text: string, thinking?: string, model?: string, usage?: TokenUsage, 
/**
 * That it is cut off, say: a sentence.
 */
notice?: string, 
/**
 * Of the question that was asked: the answer is stale when the present one has another.
 */
sourceHash: string, 
/**
 * The cells that were sent along.
 */
sent?: Array<CellId>, };

/**
 * A blob that was kept.
 */
export type BlobStored = { 
/**
 * SHA-256, 64 hexadecimal digits: the blob's name in `/api/blobs/{sha256}`.
 */
sha256: string, size: number, };

/**
 * A project in a list.
 */
export type ProjectSummary = { id: ProjectId, name: string, createdAt: number, 
/**
 * When somebody last changed it.
 */
updatedAt: number, 
/**
 * Who that was; absent while it is as the server made it.
 */
updatedBy?: Actor, taskCount: number, 
/**
 * When it was put into the bin; absent otherwise.
 */
deletedAt?: number, };

/**
 * All projects, last changed first.
 */
export type ProjectList = { projects: Array<ProjectSummary>, };

/**
 * A project, apart from its tasks and sessions.
 */
export type ProjectBody = { description: string, sessionCount: number, id: ProjectId, name: string, createdAt: number, 
/**
 * When somebody last changed it.
 */
updatedAt: number, 
/**
 * Who that was; absent while it is as the server made it.
 */
updatedBy?: Actor, taskCount: number, 
/**
 * When it was put into the bin; absent otherwise.
 */
deletedAt?: number, };

/**
 * Asks for a new project.
 */
export type CreateProject = { name: string, description?: string, 
/**
 * An id of the caller's choice; a new one if absent.
 */
id?: ProjectId, };

/**
 * Changes a project; what is absent stays.
 */
export type PatchProject = { name?: string, description?: string, };

/**
 * Asks for a new task.
 */
export type CreateTask = { title: string, 
/**
 * `default` if absent.
 */
projectId?: ProjectId, description?: string, 
/**
 * What an agent is asked to do.
 */
prompt?: string, 
/**
 * `pending` if absent.
 */
status?: TaskStatus, 
/**
 * `medium` if absent.
 */
priority?: Priority, 
/**
 * When it was completed, in milliseconds since the Unix epoch; now if absent.
 */
completedAt?: number, 
/**
 * The sessions it is put into.
 */
sessionIds?: Array<SessionId>, 
/**
 * Notebooks and cells it is about.
 */
references?: Array<Reference>, 
/**
 * An id of the caller's choice; a new one if absent.
 */
id?: TaskId, };

/**
 * Changes a task; what is absent stays.
 */
export type PatchTask = { title?: string, 
/**
 * Changed by the smallest edits, so that it merges with what others type at the same time; so is `prompt`.
 */
description?: string, prompt?: string, status?: TaskStatus, priority?: Priority, 
/**
 * When it was completed; only with a task that is, or is set to, `completed`.
 */
completedAt?: number, 
/**
 * All that it is about from now on.
 */
references?: Array<Reference>, };

/**
 * Moves a task on the board.
 */
export type MoveTask = { 
/**
 * The task to stand below; `null` or absent for the top.
 */
after?: TaskId | null, };

/**
 * Tasks from the top of the board.
 */
export type TaskList = { tasks: Array<Task>, 
/**
 * There are more: go on with `?after=` this.
 */
next?: string, };

/**
 * Opens a session.
 */
export type CreateSession = { 
/**
 * "Session" if absent.
 */
name?: string, 
/**
 * `default` if absent.
 */
projectId?: ProjectId, 
/**
 * `running` if absent.
 */
status?: SessionStatus, taskIds?: Array<TaskId>, 
/**
 * The notebook it works in.
 */
notebook?: NotebookId, 
/**
 * An id of the caller's choice; a new one if absent.
 */
id?: SessionId, };

/**
 * Changes a session; what is absent stays.
 */
export type PatchSession = { name?: string, status?: SessionStatus, 
/**
 * `null`: in no notebook any more.
 */
notebook?: string | null, };

/**
 * Sessions, newest first.
 */
export type SessionList = { sessions: Array<Session>, 
/**
 * There are more: go on with `?after=` this.
 */
next?: string, };

/**
 * A named token; no secret.
 */
export type TokenId = string;

/**
 * One thing that a token may let its bearer do.
 */
export type Scope = "notebooks:read" | "notebooks:write" | "runs:execute" | "tasks:read" | "tasks:write" | "events:read" | "widgets:drive" | "admin";

/**
 * A named token, without its secret.
 */
export type TokenBody = { id: TokenId, 
/**
 * Who acts with it, as people see it.
 */
name: string, scopes: Array<Scope>, createdAt: number, createdBy: Actor, 
/**
 * When it ends by itself; absent when it does not.
 */
expiresAt?: number, 
/**
 * When it was last used, to the minute; absent when it never was.
 */
lastUsed?: number, };

/**
 * All named tokens, newest first.
 */
export type TokenList = { tokens: Array<TokenBody>, };

/**
 * Asks for a token.
 */
export type CreateToken = { name: string, scopes: Array<Scope>, 
/**
 * How long it is good, in seconds; for ever if absent.
 */
expiresIn?: number, };

/**
 * A token that was just made.
 */
export type CreatedToken = { 
/**
 * What its bearer brings. It is shown here and never again.
 */
secret: string, id: TokenId, 
/**
 * Who acts with it, as people see it.
 */
name: string, scopes: Array<Scope>, createdAt: number, createdBy: Actor, 
/**
 * When it ends by itself; absent when it does not.
 */
expiresAt?: number, 
/**
 * When it was last used, to the minute; absent when it never was.
 */
lastUsed?: number, };

/**
 * Somebody did something.
 */
export type AuditEntry = { at: number, actor: Actor, 
/**
 * The named token it was done with.
 */
token?: TokenId, 
/**
 * Where it was asked for from; behind a proxy, what the proxy says stands in brackets.
 */
address: string, 
/**
 * What was asked for: method and path, or the tool of an agent.
 */
action: string, 
/**
 * How it was answered: the status of HTTP.
 */
status: number, };

/**
 * The newest deeds, newest first.
 */
export type AuditList = { entries: Array<AuditEntry>, };

/**
 * A webhook, unique in the server.
 */
export type WebhookId = string;

/**
 * Whether a webhook is at work.
 */
export type WebhookActivity = "active" | "paused" | "suspended";

/**
 * What keeps a webhook from going on.
 */
export type WebhookFailing = { attempts: number, 
/**
 * The first of those attempts.
 */
since: number, 
/**
 * When it is tried again.
 */
retryAt: number, 
/**
 * What the last attempt met.
 */
said: string, };

/**
 * An address that is told of events, and how far it has come.
 */
export type WebhookBody = { id: WebhookId, url: string, 
/**
 * Kinds of events, with `*` for the rest of a name; none means all.
 */
types: Array<string>, 
/**
 * Events of this project only; with a notebook, of either.
 */
project?: ProjectId, notebook?: NotebookId, description: string, activity: WebhookActivity, suspendedBecause?: string, createdAt: number, createdBy: Actor, 
/**
 * Every event up to this one was delivered, set aside, or is none of its own.
 */
deliveredUpto: number, 
/**
 * The event after it that does not get through, if there is one.
 */
failing?: WebhookFailing, 
/**
 * Events that were refused too often and wait for somebody to look at them.
 */
deadLetters: number, 
/**
 * With it the receiver verifies messages. Told when it is made, and never again.
 */
secret?: string, };

/**
 * All webhooks.
 */
export type WebhookList = { webhooks: Array<WebhookBody>, };

/**
 * Asks for a new webhook.
 */
export type CreateWebhook = { url: string, 
/**
 * Kinds of events, with `*` for the rest of a name: `["task:*"]`; all if absent.
 */
types?: Array<string>, project?: ProjectId, notebook?: NotebookId, description?: string, 
/**
 * Events after this one; from now on if absent.
 */
since?: number, };

/**
 * Changes a webhook; what is absent stays.
 */
export type PatchWebhook = { url?: string, types?: Array<string>, 
/**
 * `null`: of any project.
 */
project?: string | null, 
/**
 * `null`: of any notebook.
 */
notebook?: string | null, description?: string, 
/**
 * `false` stops it, `true` has it go on where it was.
 */
active?: boolean, };

/**
 * How an attempt to deliver ended.
 */
export type DeliveryOutcome = "delivered" | "refused" | "unreachable";

/**
 * One attempt to deliver an event.
 */
export type Delivery = { 
/**
 * The event; 0 for a test.
 */
seq: number, event: string, at: number, 
/**
 * How long it took, in milliseconds.
 */
took: number, outcome: DeliveryOutcome, 
/**
 * The status of the answer, if there was one.
 */
status?: number, 
/**
 * The beginning of the answer, or why there is none.
 */
said: string, };

/**
 * The last attempts, newest first.
 */
export type DeliveryList = { deliveries: Array<Delivery>, };

/**
 * An event that was refused too often.
 */
export type DeadLetterBody = { seq: number, event: string, 
/**
 * As it was sent.
 */
body: string, 
/**
 * When it was set aside.
 */
at: number, attempts: number, 
/**
 * What the last attempt met.
 */
said: string, };

/**
 * Events that were refused too often, oldest first.
 */
export type DeadLetterList = { deadLetters: Array<DeadLetterBody>, };

/**
 * Whether the program of a widget session is there.
 */
export type ProgramState = "waiting" | "connected" | "gone";

/**
 * The program of a widget session.
 */
export type Program = { state: ProgramState, 
/**
 * Since when, in milliseconds since the Unix epoch.
 */
since: number, 
/**
 * Under which name it acts; absent before it came.
 */
name?: string, };

/**
 * A page that shows a widget session.
 */
export type WidgetClient = { 
/**
 * 128 random bits in hexadecimal digits, new with each loading of the page.
 */
client: string, 
/**
 * Who looks at it.
 */
name: string, role: Role, };

/**
 * A widget session in a list.
 */
export type WidgetSessionSummary = { id: WidgetSessionId, 
/**
 * Empty if neither the program nor anybody else gave it one.
 */
title: string, program: Program, createdAt: number, 
/**
 * When a program or a person last changed it.
 */
updatedAt: number, 
/**
 * Who that was; absent while it is as it was made.
 */
updatedBy?: Actor, 
/**
 * How many widgets there are.
 */
widgets: number, };

/**
 * All widget sessions, last changed first.
 */
export type WidgetSessionList = { sessions: Array<WidgetSessionSummary>, };

/**
 * A widget session with everything in it.
 */
export type WidgetSessionBody = { 
/**
 * The pages that show it.
 */
clients: Array<WidgetClient>, 
/**
 * Every widget as a program that resumes is told of it: `{wid, class, args, state, children, listens, text?}`.
 */
tree: Record<string, unknown>[], id: WidgetSessionId, 
/**
 * Empty if neither the program nor anybody else gave it one.
 */
title: string, program: Program, createdAt: number, 
/**
 * When a program or a person last changed it.
 */
updatedAt: number, 
/**
 * Who that was; absent while it is as it was made.
 */
updatedBy?: Actor, 
/**
 * How many widgets there are.
 */
widgets: number, };

/**
 * Asks for a new widget session.
 */
export type CreateWidgetSession = { 
/**
 * Empty if absent; a program may give one later.
 */
title?: string, 
/**
 * An id of the caller's choice; a new one if absent.
 */
id?: WidgetSessionId, };

/**
 * A new widget session, with what its program needs.
 */
export type CreatedWidgetSession = { id: WidgetSessionId, 
/**
 * The secret of the session's program. It is told here and never again.
 */
token: string, 
/**
 * Where its page is, on this server.
 */
address: string, };

/**
 * What somebody did to a widget.
 */
export type WidgetCallback = { 
/**
 * The widget.
 */
wid: number, 
/**
 * What was done: `activated`, `page-switch` …
 */
action: string, 
/**
 * As the class tells it; a file is `{name, size, type, blob}`, whose content was sent to `/api/blobs` before.
 */
args?: unknown[], 
/**
 * The page it was done in.
 */
client?: string, };

/**
 * What somebody did, in order. All of it happens or nothing.
 */
export type WidgetCallbacks = { callbacks: Array<WidgetCallback>, };

/**
 * A page's answer to a question that only a page can answer: a value, or why there is none.
 */
export type WidgetAnswer = { 
/**
 * The id of the question.
 */
ask: string, value?: unknown, error?: string, };

/**
 * A class of widgets.
 */
export type WidgetClassBody = { name: string, 
/**
 * `visual`, `container` (others stand in it) or `hidden` (it has no place in the page).
 */
kind: string, 
/**
 * The names of the arguments of its making, in order.
 */
args: Array<string>, 
/**
 * The names of the options that may follow them.
 */
options: Array<string>, 
/**
 * Every method, with the names of its parameters.
 */
methods: { [key in string]: Array<string> }, 
/**
 * Everything it may tell.
 */
callbacks: Array<string>, 
/**
 * False: it is refused, with a sentence.
 */
built: boolean, };

/**
 * All classes of widgets.
 */
export type WidgetClassList = { classes: Array<WidgetClassBody>, };

/**
 * Something that happened, as `/api/events` tells it.
 */
export type EventBody = { 
/**
 * Its place in the log: rises strictly. Continue after it with `?since=`.
 */
seq: number, 
/**
 * What happened: `cell:moved`. `events:gap` tells that older events than the next one are no longer kept.
 */
event: string, 
/**
 * When, in milliseconds since the Unix epoch.
 */
ts: number, 
/**
 * Who caused it; absent for `events:gap`.
 */
actor?: Actor, 
/**
 * The notebook it is about.
 */
notebook?: NotebookId, 
/**
 * The project it is about.
 */
project?: ProjectId, 
/**
 * What each kind of event tells.
 */
data: Record<string, unknown>, };

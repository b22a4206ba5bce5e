// Generated from the Rust types by ts-rs. Do not edit by hand.

export type ActorKind = "human" | "agent" | "server";

export type Actor = {
/**
 * The name shown to people.
 */
name: string, kind: ActorKind, };

export type CellKind = "code" | "note" | "prompt" | "raw";

export type CellId = string;

export type NotebookId = string;

export type ErrorDetail = {
/**
 * For programs, stable: `notebook_not_found`.
 */
code: string,
/**
 * For people: a sentence.
 */
message: string, };

export type ErrorBody = { error: ErrorDetail, };

export type NotebookSummary = { id: string, title: string, createdAt: number,
/**
 * When somebody last changed it.
 */
updatedAt: number, cellCount: number,
/**
 * When it was put into the bin; absent otherwise.
 */
deletedAt?: number, };

export type NotebookList = { notebooks: Array<NotebookSummary>, };

export type CreateNotebook = {
/**
 * "Untitled" if absent.
 */
title?: string,
/**
 * An id of the caller's choice; a new one if absent.
 */
id?: string, };

export type PatchNotebook = { title?: string, };

/**
 * Typed JSON templates: compiled once, rendered against a scope.
 *
 * @module
 */

export { compileTemplate, type Template } from "./compile.ts";
export { renderTemplate } from "./render.ts";

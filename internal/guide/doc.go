// Package guide reads the pages of the documentation, for the tests that run what the pages show. Only tests import it.
//
// A page is Markdown. Each of its fenced blocks has a language, which says what a test does with it:
//
//   - console: commands behind "$ ", and below each what it prints;
//   - sh: a script;
//   - yaml: a workflow, the steps of a job, or a part of them;
//   - any language, with a first line such as "# docker-bake.hcl": a file in the reader's folder.
//
// A block that cannot run has a comment before it with the reason: <!-- not run: needs GitHub -->.
package guide

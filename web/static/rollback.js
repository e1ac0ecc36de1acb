// Going back to an earlier version of a row, the plan first: openRollback(id, version).
function openRollback() {}

export { openRollback };

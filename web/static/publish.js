// Publishing and withdrawing, the plan first: openPublish(ids), openWithdraw(ids).
function openPublish() {}

function openWithdraw() {}

export { openPublish, openWithdraw };

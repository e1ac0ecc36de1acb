// The list of runs, and one run with its progress: Runs(), RunPage({id}).
function Runs() {
  return null;
}

function RunPage() {
  return null;
}

export { RunPage, Runs };

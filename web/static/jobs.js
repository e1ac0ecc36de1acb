// Work that the server does beside the page: startJob(verb, rows, options), Job({id}), Jobs().
function startJob() {}

function Job() {
  return null;
}

function Jobs() {
  return null;
}

export { Job, Jobs, startJob };

"""
The command line: one verb a module, thin, over the driver.

Start at `app`. `verbs` lists the verbs, `call` is one invocation, `options` holds what verbs have
in common, `output` writes tables and JSON. A verb's module is named like the verb and holds one
function of the same name; it is loaded only when the verb is called.
"""

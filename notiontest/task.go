package notiontest

import "time"

// A task is an asynchronous write that was accepted with 202.
type task struct {
	id, operation string
	bot           string
	created, due  time.Time
	result        object // nil until it is carried out
}

// schedule has something done after Options.AsyncLag. One lag for all keeps
// the jobs in the order of time.
func (n *Notion) schedule(now time.Time, do func(at time.Time)) {
	n.jobs = append(n.jobs, job{now.Add(n.opts.AsyncLag), do})
}

// later accepts a write and answers 202; it is carried out Options.AsyncLag
// later, whether anybody asks for the task or not.
func (c *call) later(operation string, do func(at time.Time) object) object {
	t := &task{id: "task_" + c.n.made.hex(32), operation: operation, bot: c.conn.id, created: c.now, due: c.now.Add(c.n.opts.AsyncLag)}
	c.n.tasks.add(t.id, t)
	c.n.schedule(c.now, func(at time.Time) { t.result = do(at) })
	c.status = 202
	return c.taskObject(t)
}

func (c *call) taskObject(t *task) object {
	o := object{{"object", "async_task"}, {"id", t.id}, {"status_url", apiBase + "async_tasks/" + t.id}, {"created_time", milli(t.created)},
		{"operation", object{{"surface", "rest"}, {"name", t.operation}}}}
	switch {
	case t.result != nil:
		return append(o, member{"status", "succeeded"}, member{"result", t.result})
	case c.now.Sub(t.created) < t.due.Sub(t.created)/2:
		return append(o, member{"status", "queued"}, member{"poll_after_seconds", 1})
	}
	return append(o, member{"status", "running"}, member{"poll_after_seconds", 1})
}

func (c *call) retrieveTask() (object, error) {
	t := c.n.tasks.byID[c.ids[0]]
	if t == nil || t.bot != c.conn.id {
		return nil, c.conn.notFound("async task", c.ids[0])
	}
	return c.taskObject(t), nil
}

package notiontest

import "slices"

// parent reads the parent of a request: a page, a data source, a database that
// has one data source, or the workspace (nil).
func (c *call) parent(where string, v any, kinds ...string) (*node, error) {
	o, ok := v.(object)
	if !ok {
		return nil, mustBe(where, "defined", undefinedIfNil(v))
	}
	if o.at("workspace") == true {
		return nil, nil
	}
	kind, id := "", any(nil)
	for _, k := range []string{kindPage, kindSource, kindDatabase, kindBlock} {
		if o.has(k + "_id") {
			kind, id = k, o.at(k+"_id")
			break
		}
	}
	switch {
	case kind == "":
		return nil, invalid("body failed validation. Fix one:\n%s.page_id should be defined, instead was `undefined`.\n%s.%s_id should be defined, instead was `undefined`.",
			where, where, c.version.tableObject())
	case kind == kindSource && !c.version.hasDataSources():
		return nil, mustBe(where+".data_source_id", "not present", id)
	}
	x, err := c.named(where+"."+kind+"_id", kind, id)
	if err != nil {
		return nil, err
	}
	if c.n.isTrashed(x) {
		return nil, invalid("Can't edit block that is archived. You must unarchive the block before editing.")
	}
	if kind == kindDatabase && slices.Contains(kinds, kindSource) {
		return c.onlySource(x)
	}
	if !slices.Contains(kinds, kind) {
		return nil, invalid("body failed validation: %s.%s_id cannot be a parent here.", where, kind)
	}
	return x, nil
}

func undefinedIfNil(v any) any {
	if v == nil {
		return undefined{}
	}
	return v
}

// onlySource is the data source of a database that has one. Old versions do not
// understand several; new ones want the data source named.
func (c *call) onlySource(db *node) (*node, error) {
	sources := c.n.live(db)
	if len(sources) == 1 {
		return sources[0], nil
	}
	var ids []string
	for _, s := range sources {
		ids = append(ids, s.id)
	}
	p := invalid("Databases with multiple data sources are not supported in this API version.")
	p.data = object{{"error_type", "multiple_data_sources_for_database"}, {"database_id", db.id},
		{"child_data_source_ids", ids}, {"minimum_api_version", string(v2025)}}
	return nil, p
}

package disk

// KeepPlace notes that what other processes dropped is here, up to that place
// in their news: call it after these Drops. It outlives the process when they
// do, and not before. A place is 255 bytes at most.
func (d *Disk) KeepPlace(place string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.place = place
}

// Place is what was last kept, by this process or an earlier one; "" where
// nothing was.
func (d *Disk) Place() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.place
}

// unwritten takes the events that the log lacks. The place comes last: whatever
// was dropped up to there is before it. Call it locked.
func (d *Disk) unwritten() []event {
	events := d.events
	if d.place != d.placed {
		events = append(events, sayPlace(d.place)...)
	}
	d.events, d.placed = nil, d.place
	return events
}

// sayPlace are the events that a log must have to say that.
func sayPlace(place string) []event {
	if place == "" {
		return nil
	}
	return []event{{kind: heard, place: place}}
}

package notion

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOperation_isStoredOnlyWhereFreshnessHasARow(t *testing.T) {
	stored := map[string]bool{
		"pages.retrieve": true, "pages.properties.retrieve": true, "pages.markdown.retrieve": true,
		"blocks.retrieve": true, "blocks.children.list": true,
		"databases.retrieve": true, "databases.query": true, "databases.list": true,
		"data_sources.retrieve": true, "data_sources.query": true, "data_sources.templates.list": true,
		"comments.list": true, "comments.retrieve": true,
		"views.list": true, "views.retrieve": true,
		"users.list": true, "users.retrieve": true, "users.me": true, "custom_emojis.list": true,
		"search": true,
	}
	for _, op := range Operations() {
		assert.Equal(t, stored[op.Name], op.Stored(), op.Name)
	}
	assert.False(t, Classify("GET", "/v1/nonsense").Op.Stored())
}

func TestOperation_isStoredOnlyIfItReads(t *testing.T) {
	op := Operation{Kind: Write, Class: Content}
	assert.False(t, op.Stored(), "a class alone must not make a write storable")
}

func TestOperation_saysWhichKindsWrite(t *testing.T) {
	for kind, writes := range map[Kind]bool{
		Unknown: false, Read: false, Write: true, Append: true, Stream: false, Secret: false,
	} {
		assert.Equal(t, writes, (&Operation{Kind: kind}).IsWrite(), kind.String())
	}
}

func TestOperations_isACopy(t *testing.T) {
	for i, op := range Operations() {
		if op.Name == "comments.list" {
			all := Operations()
			all[i].Name, all[i].IDQueryKeys[0] = "changed", "changed"
		}
	}

	op, ok := Named("comments.list")
	require.True(t, ok)
	assert.Equal(t, []string{"block_id"}, op.IDQueryKeys)
}

func TestNamed_knowsNoOtherNames(t *testing.T) {
	for _, name := range []string{"", "unknown", "pages", "Pages.retrieve", "pages.retrieve "} {
		_, ok := Named(name)
		assert.False(t, ok, "%q", name)
	}
}

func TestWords(t *testing.T) {
	assert.Equal(t, "unknown read write append stream secret",
		Unknown.String()+" "+Read.String()+" "+Write.String()+" "+Append.String()+" "+Stream.String()+" "+Secret.String())
	assert.Equal(t, "none query body",
		NotPaged.String()+" "+PagedByQuery.String()+" "+PagedByBody.String())
	assert.Equal(t, "volatile content schema people me search",
		Volatile.String()+" "+Content.String()+" "+Schema.String()+" "+People.String()+" "+Me.String()+" "+Search.String())
	assert.Equal(t, "invalid", Kind(200).String())
}

package config

import (
	"net/url"
	"slices"
	"time"
)

// Redis says what joins several replicas of the proxy; with an empty URL this
// one is alone.
type Redis struct {
	// URL is redis://, rediss:// (TLS) or unix://, with the user's name, and
	// behind a question mark what more there is: addr for further nodes of a
	// cluster, master_set and addr for Sentinel.
	URL string `yaml:"url"`

	// Password comes from the environment only.
	Password Secret `yaml:"password" env:"NOTIONPROXY_REDIS_PASSWORD"`

	// PasswordFile is a file that holds it. It is watched.
	PasswordFile string `yaml:"password_file"`

	// Prefix begins every key.
	Prefix string `yaml:"prefix"`

	// MaxReplicas is the most that there are at a time. While Redis is away
	// each has that part of every budget.
	MaxReplicas int `yaml:"max_replicas"`

	// PartitionFresh is how long stored answers are still fresh for a replica
	// that hears nothing of the others.
	PartitionFresh time.Duration `yaml:"partition_fresh"`
}

func defaultRedis() Redis {
	return Redis{Prefix: "notionproxy:", MaxReplicas: 10, PartitionFresh: 5 * time.Second}
}

func (c *Config) redisRules() []rule {
	r := c.Redis
	return []rule{
		// Not the value: somebody may have put a password there.
		{"redis.url", hidden(r.URL), r.URL == "" || isRedisURL(r.URL), "redis://host:6379, rediss://host:6380 or nothing; a password belongs into redis.password_file"},
		{"redis.prefix", r.Prefix, len(r.Prefix) <= 64 && isToken(r.Prefix), "64 characters at most, without spaces"},
		within("redis.max_replicas", r.MaxReplicas, 1, 10_000),
		within("redis.partition_fresh", r.PartitionFresh, 0, time.Minute),
	}
}

func hidden(s string) Secret { return Secret(s) }

// redisSchemes are those that the client library takes.
var redisSchemes = []string{"redis", "rediss", "valkey", "valkeys", "unix"}

func isRedisURL(s string) bool {
	u, err := url.Parse(s)
	if err != nil || !slices.Contains(redisSchemes, u.Scheme) || u.Host == "" && u.Path == "" {
		return false
	}
	_, password := u.User.Password()
	return !password && u.Fragment == ""
}

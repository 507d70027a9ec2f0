// Package check holds the manifests in deploy/ to what those who read them
// know: Kubernetes' own types, the compose specification's own loader, systemd
// itself, and the program's settings.
package check

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"

	"bufio"
)

// objects are what a kustomization comes to.
type objects struct {
	deployments []appsv1.Deployment
	services    []corev1.Service
	budgets     []policyv1.PodDisruptionBudget
	policies    []networkingv1.NetworkPolicy
	namespaces  []corev1.Namespace
}

// build runs a kustomization and reads what comes out strictly: a key that
// Kubernetes does not know, or a value of another type, is an error.
func build(t *testing.T, dir string) objects {
	t.Helper()
	all, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), dir)
	require.NoError(t, err)
	text, err := all.AsYaml()
	require.NoError(t, err)
	var o objects
	for docs := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text))); ; {
		doc, err := docs.Read()
		if errors.Is(err, io.EOF) {
			return o
		}
		require.NoError(t, err)
		o.add(t, doc)
	}
}

func (o *objects) add(t *testing.T, doc []byte) {
	t.Helper()
	var is metav1.TypeMeta
	require.NoError(t, yaml.Unmarshal(doc, &is))
	switch is.Kind {
	case "Deployment":
		o.deployments = append(o.deployments, strictly[appsv1.Deployment](t, doc))
	case "Service":
		o.services = append(o.services, strictly[corev1.Service](t, doc))
	case "PodDisruptionBudget":
		o.budgets = append(o.budgets, strictly[policyv1.PodDisruptionBudget](t, doc))
	case "NetworkPolicy":
		o.policies = append(o.policies, strictly[networkingv1.NetworkPolicy](t, doc))
	case "Namespace":
		o.namespaces = append(o.namespaces, strictly[corev1.Namespace](t, doc))
	default:
		assert.Fail(t, "nobody has looked at this kind", is.Kind)
	}
}

func strictly[T any](t *testing.T, doc []byte) T {
	t.Helper()
	var v T
	require.NoError(t, yaml.UnmarshalStrict(doc, &v), string(doc))
	return v
}

func TestSidecar_isInjected(t *testing.T) {
	o := build(t, "../kubernetes/example")
	require.Len(t, o.deployments, 1)
	pod := o.deployments[0].Spec.Template.Spec
	require.Len(t, pod.InitContainers, 1)
	c := pod.InitContainers[0]

	require.NotNil(t, c.RestartPolicy, "else it would be waited for, for ever")
	assert.Equal(t, corev1.ContainerRestartPolicyAlways, *c.RestartPolicy)
	assert.Equal(t, "127.0.0.1:8080", env(c)["NOTIONPROXY_LISTEN"])
	require.NotNil(t, c.StartupProbe, "the application starts when this succeeds")
	assert.Equal(t, []string{"/notionproxy", "health"}, c.StartupProbe.Exec.Command)
	require.NotNil(t, pod.TerminationGracePeriodSeconds)
	assert.Equal(t, int64(75), *pod.TerminationGracePeriodSeconds)
	assert.Equal(t, "http://127.0.0.1:8080", env(pod.Containers[0])["NOTION_BASE_URL"])
}

func TestKubernetes_isHardened(t *testing.T) {
	for _, dir := range []string{"../kubernetes/example", "../kubernetes/standalone"} {
		for _, d := range build(t, dir).deployments {
			for _, c := range append(d.Spec.Template.Spec.InitContainers, d.Spec.Template.Spec.Containers...) {
				if c.Name == "app" {
					continue // somebody else's
				}
				t.Run(d.Name+"/"+c.Name, func(t *testing.T) { assertHardened(t, d.Spec.Template.Spec, c) })
			}
		}
	}
}

func assertHardened(t *testing.T, pod corev1.PodSpec, c corev1.Container) {
	s := c.SecurityContext
	require.NotNil(t, s)
	for what, set := range map[string]*bool{"readOnlyRootFilesystem": s.ReadOnlyRootFilesystem, "runAsNonRoot": runAsNonRoot(pod, s)} {
		if assert.NotNil(t, set, what) {
			assert.True(t, *set, what)
		}
	}
	require.NotNil(t, s.AllowPrivilegeEscalation)
	assert.False(t, *s.AllowPrivilegeEscalation)
	assert.Equal(t, []corev1.Capability{"ALL"}, s.Capabilities.Drop)
	assert.NotNil(t, c.LivenessProbe)
	assert.NotZero(t, c.Resources.Requests.Memory().Value())
	assert.NotZero(t, c.Resources.Limits.Memory().Value())
	assert.Zero(t, c.Resources.Limits.Cpu().Value(), "a CPU limit makes answers late for nothing")
}

func runAsNonRoot(pod corev1.PodSpec, s *corev1.SecurityContext) *bool {
	if s.RunAsNonRoot == nil && pod.SecurityContext != nil {
		return pod.SecurityContext.RunAsNonRoot
	}
	return s.RunAsNonRoot
}

// What selects pods selects those that are there, and reaches ports that they
// have.
func TestStandalone_hangsTogether(t *testing.T) {
	o := build(t, "../kubernetes/standalone")
	require.Len(t, o.deployments, 2)
	require.Len(t, o.namespaces, 1)
	pods := map[string]corev1.PodTemplateSpec{}
	for _, d := range o.deployments {
		assert.Equal(t, o.namespaces[0].Name, d.Namespace)
		assert.True(t, matches(t, d.Spec.Selector, d.Spec.Template.Labels), d.Name)
		pods[d.Name] = d.Spec.Template
	}
	for _, s := range o.services {
		pod, ok := pods[s.Name]
		require.True(t, ok, s.Name)
		assert.True(t, labels.SelectorFromSet(s.Spec.Selector).Matches(labels.Set(pod.Labels)), s.Name)
		for _, p := range s.Spec.Ports {
			assert.Contains(t, portNames(pod.Spec), p.TargetPort.String(), s.Name)
		}
	}
	for _, b := range o.budgets {
		assert.True(t, matches(t, b.Spec.Selector, pods[b.Name].Labels), b.Name)
	}
	for _, p := range o.policies {
		assert.True(t, matches(t, &p.Spec.PodSelector, pods[p.Name].Labels), p.Name)
	}
	proxy := pods["notionproxy"].Spec
	assert.Equal(t, int64(75), *proxy.TerminationGracePeriodSeconds)
	assert.Equal(t, "/readyz", proxy.Containers[0].ReadinessProbe.HTTPGet.Path)
}

// Without Redis each replica has its share of the budget, so that there may
// never be more than redis.max_replicas, those of a rollout included.
func TestStandalone_countsItsReplicas(t *testing.T) {
	for _, d := range build(t, "../kubernetes/standalone").deployments {
		if d.Name != "notionproxy" {
			continue
		}
		most := d.Spec.Replicas
		surge := d.Spec.Strategy.RollingUpdate.MaxSurge.IntValue()
		assert.Equal(t, itoa(int(*most)+surge), env(d.Spec.Template.Spec.Containers[0])["NOTIONPROXY_REDIS_MAX_REPLICAS"])
		return
	}
	assert.Fail(t, "there is no Deployment of that name")
}

func matches(t *testing.T, s *metav1.LabelSelector, of map[string]string) bool {
	t.Helper()
	selector, err := metav1.LabelSelectorAsSelector(s)
	require.NoError(t, err)
	return selector.Matches(labels.Set(of))
}

func portNames(pod corev1.PodSpec) (names []string) {
	for _, c := range pod.Containers {
		for _, p := range c.Ports {
			names = append(names, p.Name)
		}
	}
	return names
}

func env(c corev1.Container) map[string]string {
	all := map[string]string{}
	for _, e := range c.Env {
		all[e.Name] = e.Value
	}
	return all
}

package relay

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/docker-ghacache/docker-ghacache/internal/cacheserver"
	"github.com/docker-ghacache/docker-ghacache/internal/runtimeclient"
)

// unreliable is a service whose requests fail at random, before or after they have had their effect.
type unreliable struct {
	http.Handler
	mu   sync.Mutex
	rand *rand.Rand
	rate float64
}

func (u *unreliable) roll() float64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.rand.Float64() >= u.rate {
		return 1
	}
	return u.rand.Float64()
}

func (u *unreliable) calm() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.rate = 0
}

func (u *unreliable) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch roll := u.roll(); {
	case roll == 1:
		u.Handler.ServeHTTP(w, r)
	case roll < .2:
		panic(http.ErrAbortHandler)
	case roll < .4:
		u.Handler.ServeHTTP(httptest.NewRecorder(), r) // done, and the reply is lost
		panic(http.ErrAbortHandler)
	case roll < .55:
		w.Header().Set("Retry-After", "1")
		http.Error(w, "slow down", http.StatusTooManyRequests)
	case roll < .85:
		http.Error(w, "fails", http.StatusBadGateway)
	default:
		http.Error(w, "no", http.StatusForbidden)
	}
}

// TestNoIndexReferencesALayerThatIsNotThere runs builds that share layers, scopes and relays, on a service that fails,
// while builds and relays are killed.
func TestNoIndexReferencesALayerThatIsNotThere(t *testing.T) {
	seeds := 12
	if testing.Short() {
		seeds = 4
	}
	base := rand.Uint64()
	var written, refused sync.Map
	t.Run("schedules", func(t *testing.T) {
		for i := range seeds {
			seed := base + uint64(i)
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				indexes, failures := schedule(t, seed)
				written.Store(seed, indexes)
				refused.Store(seed, failures)
			})
		}
	})
	if sum(&written) == 0 || sum(&refused) == 0 {
		t.Errorf("%d indexes were written and %d refused: the schedules test nothing", sum(&written), sum(&refused))
	}
	t.Logf("%d indexes, %d exports failed, seed %d", sum(&written), sum(&refused), base)
}

func sum(m *sync.Map) (n int) {
	m.Range(func(_, v any) bool { n += v.(int); return true })
	return n
}

func schedule(t *testing.T, seed uint64) (indexes, failures int) {
	random := rand.New(rand.NewPCG(seed, 0))
	service := serve(t, cacheserver.Options{})
	flaky := &unreliable{Handler: service.Server, rand: rand.New(rand.NewPCG(seed, 1)), rate: []float64{0, .03, .1, .3}[random.IntN(4)]}
	front := httptest.NewServer(flaky)
	defer front.Close()
	u := upstream{service.Server, front.URL}

	var layers []layer
	for i := range uint64(8) {
		layers = append(layers, newLayer(seed+i, []int{0, 300, 100 << 10, 1 << 20, 5 << 20, 9<<20 + 1}[random.IntN(6)]))
	}
	var failed sync.Mutex
	for range 2 {
		var relays []running
		for range 1 + random.IntN(2) {
			relays = append(relays, unhurried(start(t, u, func(o *Options) { o.Memory = 16 << 20 })))
		}
		var builds sync.WaitGroup
		for range 1 + random.IntN(4) {
			r, scope := relays[random.IntN(len(relays))], fmt.Sprint("scope", random.IntN(2))
			mine := append([]layer{}, layers...)
			random.Shuffle(len(mine), func(i, j int) { mine[i], mine[j] = mine[j], mine[i] })
			mine = mine[:1+random.IntN(len(mine))]
			ctx, kill := context.WithCancel(t.Context())
			if random.IntN(4) == 0 {
				time.AfterFunc(time.Duration(random.IntN(1500))*time.Millisecond, kill)
			}
			prefetch := random.IntN(2) == 0
			builds.Go(func() {
				defer kill()
				// azblob would send again for minutes to a relay that has ended.
				defer context.AfterFunc(r.closed, func() { time.AfterFunc(time.Second, kill) })()
				if prefetch {
					r.Prefetch(ctx, scope)
				}
				if err := export(ctx, r.client(t), scope, mine...); err != nil {
					failed.Lock()
					failures++
					failed.Unlock()
				}
			})
		}
		if random.IntN(4) == 0 {
			r := relays[random.IntN(len(relays))]
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(random.IntN(200))*time.Millisecond)
			time.AfterFunc(time.Duration(random.IntN(1500))*time.Millisecond, func() { defer cancel(); _ = r.Close(ctx) })
		}
		builds.Wait()
		for _, r := range relays {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(random.IntN(500))*time.Millisecond)
			_ = r.Close(ctx)
			cancel()
		}
	}
	flaky.calm()
	return checkIndexes(t, service), failures
}

// unhurried makes a relay that waits a few seconds for what fails.
func unhurried(r running) running {
	r.patience, r.abandoned = 3*time.Second, 3*time.Second
	r.service = runtimeclient.NewService(runtimeclient.ServiceOptions{
		URL: r.opts.Upstream.URL, Token: r.opts.Upstream.Token, Now: time.Now, Patience: 3 * time.Second,
		Throttled: r.counts.throttled, Waiting: r.counts.waiting,
	})
	return r
}

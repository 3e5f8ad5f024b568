package diagnose

// unexplained takes note of an error on which a build ended and which is not known to be the cache's.
func (s *Scanner) unexplained(l *logLine, number int) {
	if !l.fatal {
		return
	}
	s.failure, s.another = nil, nil
	if !statusCode().MatchString(l.core) {
		s.another = &Finding{Cause: anotherError(), Line: number, Evidence: Evidence(l.text), Fatal: true}
	}
}

func (s *Scanner) conclude(l *logLine, number, i int) {
	switch id := catalogue()[i].ID; {
	case id == keyExists && s.told > 0 && number-s.told <= tornWithin && !catalogue()[i].of(l.core).Certain:
		return // the client says so of whatever it has just reported
	case id != keyExists && l.client:
		s.told = number
	}
	h := hit{i, l.message, Finding{Cause: catalogue()[i].of(l.core), Line: number, Evidence: Evidence(l.text), Fatal: l.fatal}}
	if l.fatal {
		s.failure, s.another = &h.Finding, nil
	}
	switch {
	case s.build.steps[l.vertex]:
		s.build.hold(h)
	case attempt().MatchString(l.text) && artifactFailed().MatchString(l.text): // of artifacts, by itself
	case attempt().MatchString(l.text):
		s.attempts = append(s.attempts[:min(len(s.attempts), maxSteps)], h)
	default:
		s.add(h)
	}
}

func (s *Scanner) endAttempts() {
	for _, h := range s.attempts {
		s.add(h)
	}
	s.attempts = nil
}

// add keeps the first evidence of each cause.
func (s *Scanner) add(h hit) {
	f := s.found[h.cause]
	if f == nil || f.Line > h.Line {
		h.Fatal = h.Fatal || f != nil && f.Fatal
		s.found[h.cause] = &h.Finding
		return
	}
	f.Fatal = f.Fatal || h.Fatal
}

func (s *Scanner) endSteps() {
	for _, h := range s.build.held {
		if !s.build.echoes(h) {
			s.add(h)
		}
	}
	s.build.steps, s.build.own, s.build.others, s.build.held, s.build.boot = nil, nil, nil, nil, ""
	s.build.local, s.build.layout, s.build.down, s.build.writes = false, false, false, false
}

func (s *Scanner) endBuild() {
	s.endSteps()
	if s.dropped == nil && s.build.droppedCache() {
		s.dropped = &Finding{Cause: droppedCause(), Line: s.build.number, Evidence: Evidence(s.build.request)}
	}
	s.build = buildState{}
}

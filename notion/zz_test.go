package notion
import ("testing";"bytes")
func TestZZ(t *testing.T){ b:=queryBody(110); t.Log(len(b), bytes.Count(b,[]byte(`"`))/2, bytes.Count(b,[]byte("{")), bytes.Count(b,[]byte(":"))) }
func BenchmarkZZstr(b *testing.B){ body:=queryBody(110); s:=scanner{body:body}
 b.SetBytes(int64(len(body)))
 for b.Loop(){ i:=0; for { k:=bytes.IndexByte(body[i:],'"'); if k<0 {break}; e,_:=s.str(i+k+1); if e<0 {b.Fatal(i)}; i=e } } }

package notion

// Codes of Notion's errors (developers.notion.com, Status codes, 2026-09).
const (
	CodeInvalidJSON          = "invalid_json"
	CodeInvalidRequestURL    = "invalid_request_url" // what Notion says to a path it doesn't have
	CodeInvalidRequest       = "invalid_request"
	CodeValidationError      = "validation_error" // also dead cursors
	CodeMissingVersion       = "missing_version"
	CodeInvalidBeta          = "invalid_beta"
	CodeInvalidGrant         = "invalid_grant"          // OAuth
	CodeUnauthorizedClient   = "unauthorized_client"    // OAuth
	CodeUnsupportedGrantType = "unsupported_grant_type" // OAuth
	CodeInvalidScope         = "invalid_scope"          // OAuth
	CodeInvalidClient        = "invalid_client"         // OAuth
	CodeTestEnvError         = "test_env_error"         // OAuth
	CodeUnauthorized         = "unauthorized"           // wrong, revoked or expired token
	CodeRestrictedResource   = "restricted_resource"    // a capability is missing, or a limit of the plan
	CodeObjectNotFound       = "object_not_found"       // not there, or not shared: Notion doesn't tell
	CodeConflictError        = "conflict_error"         // two writes collided
	CodeRowLimitExceeded     = "row_limit_exceeded"     // of async tasks
	CodeRateLimited          = "rate_limited"
	CodeInternalServerError  = "internal_server_error"
	CodeBadGateway           = "bad_gateway"
	CodeServiceUnavailable   = "service_unavailable" // a write may be saved all the same
	CodeDatabaseUnavailable  = "database_connection_unavailable"
	CodeGatewayTimeout       = "gateway_timeout"
	CodeServiceOverload      = "service_overload" // status 529
)

// Reasons that a 429 gives in additional_data.rate_limit_reason. There may be
// others; treat those as a 429 without a reason.
const (
	ReasonConnection = "public_api_request_rate_limit"       // this connection's window is spent
	ReasonWorkspace  = "public_api_space_request_rate_limit" // the budget that the workspace's connections share
	ReasonEndpoint   = "public_api_endpoint_rate_limit"      // this one operation's own limit
	ReasonBlocked    = "public_api_request_blocked"          // access restricted: trying again never helps
)

// statuses are the HTTP statuses that Notion sends the codes with.
var statuses = map[string]int{
	CodeInvalidJSON:          400,
	CodeInvalidRequestURL:    400,
	CodeInvalidRequest:       400,
	CodeValidationError:      400,
	CodeMissingVersion:       400,
	CodeInvalidBeta:          400,
	CodeInvalidGrant:         400,
	CodeUnauthorizedClient:   400,
	CodeUnsupportedGrantType: 400,
	CodeInvalidScope:         400,
	CodeInvalidClient:        401,
	CodeUnauthorized:         401,
	CodeRestrictedResource:   403,
	CodeTestEnvError:         403,
	CodeObjectNotFound:       404,
	CodeConflictError:        409,
	CodeRowLimitExceeded:     409,
	CodeRateLimited:          429,
	CodeInternalServerError:  500,
	CodeBadGateway:           502,
	CodeServiceUnavailable:   503,
	CodeDatabaseUnavailable:  503,
	CodeGatewayTimeout:       504,
	CodeServiceOverload:      529,
}

// StatusOf returns the HTTP status that Notion sends a code with, and whether
// the code is one of Notion's.
func StatusOf(code string) (status int, ok bool) {
	status, ok = statuses[code]
	return status, ok
}

#pragma once

#include "io/aws/endpoint.hpp"
#include "io/aws/environment.hpp"
#include "io/names/parsed.hpp"
#include "io/names/region.hpp"

#include <optional>

namespace keyferry {

/// Where the STS of `region` is asked: what AWS_ENDPOINT_URL_STS says, else AWS_ENDPOINT_URL (both
/// passed over where AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is true), else
/// https://sts.{Region}.{partition's suffix}, with AWS_USE_FIPS_ENDPOINT and
/// AWS_USE_DUALSTACK_ENDPOINT as the AWS CLI has them. Never the global endpoint: its tokens are
/// not valid in Regions that an account has opted in to. The problem's text says where the URL came
/// from.
Parsed<Endpoint> sts_endpoint(const Region& region, const Environment& environment);

/// The URL that the environment says for `service_variable` ("AWS_ENDPOINT_URL_STS"), by the same
/// rule; nothing where it says none.
Parsed<std::optional<Endpoint>> configured_endpoint(const char* service_variable,
                                                    const Environment& environment);

}  // namespace keyferry

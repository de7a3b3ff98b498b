#include "io/sts/sts_endpoint.hpp"

#include <fmt/format.h>

namespace keyferry {

namespace {

constexpr std::uint16_t kHttpsPort = 443;

bool is_true(const Environment& environment, const char* name) {
    const std::string_view text = variable(environment, name).value_or("");
    return text == "true" || text == "True" || text == "TRUE";
}

}  // namespace

Parsed<std::optional<Endpoint>> configured_endpoint(const char* service_variable,
                                                    const Environment& environment) {
    if (is_true(environment, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")) {
        return std::optional<Endpoint>();
    }
    for (const char* name : {service_variable, "AWS_ENDPOINT_URL"}) {
        const std::optional<std::string_view> url = variable(environment, name);
        if (!url) {
            continue;
        }
        Parsed<Endpoint> endpoint = Endpoint::parse(*url);
        if (!endpoint) {
            return ParseProblem{fmt::format("{}: {}", name, endpoint.error().text)};
        }
        return std::optional<Endpoint>(*std::move(endpoint));
    }
    return std::optional<Endpoint>();
}

Parsed<Endpoint> sts_endpoint(const Region& region, const Environment& environment) {
    Parsed<std::optional<Endpoint>> configured =
        configured_endpoint("AWS_ENDPOINT_URL_STS", environment);
    if (!configured) {
        return configured.error();
    }
    if (*configured) {
        return std::move(**configured);
    }
    const Partition& partition = region.partition();
    const bool is_dual_stack = is_true(environment, "AWS_USE_DUALSTACK_ENDPOINT");
    // GovCloud's STS has no second name: its own is of FIPS.
    const bool is_fips_name = is_true(environment, "AWS_USE_FIPS_ENDPOINT") &&
                              (is_dual_stack || partition.name != "aws-us-gov");
    return Endpoint(true,
                    fmt::format("{}.{}.{}",
                                is_fips_name ? "sts-fips" : "sts",
                                region.name(),
                                is_dual_stack ? partition.dual_stack_suffix : partition.dns_suffix),
                    kHttpsPort,
                    "/");
}

}  // namespace keyferry

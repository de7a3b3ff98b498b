#include "tools/keyferry/kms_access.hpp"

#include "io/aws/endpoint_settings.hpp"
#include "io/aws/profile_settings.hpp"
#include "io/http/proxy_settings.hpp"
#include "io/kms_http/kms_http_client.hpp"
#include "tools/keyferry/account_check.hpp"
#include "tools/keyferry/account_identities.hpp"
#include "tools/keyferry/example_keys.hpp"
#include "tools/keyferry/exit_codes.hpp"
#include "tools/keyferry/version.hpp"
#include "tools/simulator/simulator_kms_client.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <utility>
#include <vector>

namespace keyferry {

namespace asio = boost::asio;

namespace {

const char* environment(const char* name) {
    return std::getenv(name);
}

/// What is configured of the way to KMS: by options, the environment and the profile.
struct KmsRoute {
    EndpointSettings endpoints;
    std::string ca_file;  ///< empty for the system's
    ProxySettings proxies;
    bool says_where_sts_is = false;
};

/// The value of a variable that is written in small letters or in capitals; empty where it is not
/// set. Small letters count first, as for curl and the AWS CLI.
std::string_view either_case(const char* small, const char* capitals) {
    const auto value = variable(environment, small);
    return value ? *value : variable(environment, capitals).value_or("");
}

Parsed<KmsRoute> find_route(const KmsOptions& options) {
    const Parsed<ProfileSettings> profile = ProfileSettings::read(options.profile, environment);
    if (!profile) {
        return profile.error();
    }
    Parsed<EndpointSettings> endpoints =
        find_endpoint_settings(AwsService::kms, options.endpoint_url, *profile, environment);
    if (!endpoints) {
        return endpoints.error();
    }
    const Parsed<EndpointSettings> sts =
        find_endpoint_settings(AwsService::sts, std::nullopt, *profile, environment);
    if (!sts) {
        return sts.error();
    }
    KmsRoute route;
    route.endpoints = std::move(*endpoints);
    route.says_where_sts_is = sts->custom.has_value();
    Parsed<ProxySettings> proxies = ProxySettings::parse(either_case("https_proxy", "HTTPS_PROXY"),
                                                         either_case("http_proxy", "HTTP_PROXY"),
                                                         either_case("no_proxy", "NO_PROXY"));
    if (!proxies) {
        return proxies.error();
    }
    route.proxies = std::move(*proxies);
    const auto bundle = setting(environment, "AWS_CA_BUNDLE", *profile, "ca_bundle");
    route.ca_file = options.ca_bundle ? *options.ca_bundle : bundle ? bundle->text : "";
    return route;
}

class EmbeddedSimulator final : public KmsAccess {
  public:
    EmbeddedSimulator(const SimulationOptions& options, Clock& clock)
        : kms_(simulator_settings(options)), client_(kms_, clock, client_settings(options)) {}

    KmsClient& client() override { return client_; }
    std::string description() const override { return "the built-in simulator"; }
    int check_callers(asio::io_context& /*io*/) override { return exit_done; }
    std::string callers() const override { return {}; }
    bool is_simulated() const override { return true; }
    void fill(const Plan& plan) override { fill_simulator(kms_, plan); }
    void fill(const FleetSpec& fleet) override { add_example_keys(kms_.model(), fleet); }
    void restore(const Plan& plan, const JournalReplay& replay) override {
        restore_replicas(kms_, plan, replay);
    }

  private:
    static SimulatorClientSettings client_settings(const SimulationOptions& options) {
        SimulatorClientSettings settings;
        settings.seed = options.seed;
        return settings;
    }

    SimulatedKms kms_;
    SimulatorKmsClient client_;
};

/// Whether the URL is AWS's own for that Region, or a VPC endpoint of it.
bool is_of_aws(const Endpoint& endpoint, const Region& region) {
    const Partition& partition = region.partition();
    return endpoint.host.ends_with(fmt::format(".{}", partition.dns_suffix)) ||
           endpoint.host.ends_with(fmt::format(".{}", partition.dual_stack_suffix));
}

/// Whether there is an STS that knows the accounts of this KMS.
bool has_sts(const KmsRoute& route, const FleetScope& scope) {
    return route.says_where_sts_is ||
           std::all_of(scope.regions.begin(), scope.regions.end(), [&](const Region& region) {
               return is_of_aws(regional_endpoint(AwsService::kms, region, route.endpoints),
                                region);
           });
}

HttpSettings http_settings_of(const KmsRoute& route) {
    HttpSettings settings;
    settings.ca_file = route.ca_file;
    settings.proxies = route.proxies;
    return settings;
}

/// "https://kms.eu-west-1.amazonaws.com and 3 more", or the one URL that serves all Regions; and
/// the proxy on the way there.
std::string route_text(const KmsRoute& route, const FleetScope& scope) {
    std::set<std::string> urls;
    const ProxyServer* proxy = nullptr;
    for (const Region& region : scope.regions) {
        const Endpoint endpoint = regional_endpoint(AwsService::kms, region, route.endpoints);
        urls.insert(endpoint.url());
        const HttpOrigin origin(endpoint.https, endpoint.host, endpoint.port);
        proxy = proxy == nullptr ? route.proxies.for_origin(origin) : proxy;
    }
    const std::string via = proxy == nullptr ? "" : " through the proxy " + proxy->text();
    return urls.size() == 1 ? *urls.begin() + via
                            : fmt::format("{} and {} more{}", *urls.begin(), urls.size() - 1, via);
}

class HttpAccess final : public KmsAccess {
  public:
    HttpAccess(const KmsOptions& options,
               const KmsRoute& route,
               const FleetScope& scope,
               asio::io_context& io,
               Clock& clock)
        : endpoints_(route_text(route, scope)),
          has_sts_(has_sts(route, scope)),
          identities_(scope, options.profile, environment, http_settings_of(route), io, clock),
          client_(
              io,
              clock,
              [this](const Place& place) { return identities_.at_hand(place); },
              [this](Place place, std::shared_ptr<const Credentials> refused) {
                  return identities_.renewed(std::move(place), std::move(refused));
              },
              [endpoints = route.endpoints](const Region& region) {
                  return Parsed<Endpoint>(regional_endpoint(AwsService::kms, region, endpoints));
              },
              http_settings_of(route),
              kVersion) {}

    AccountIdentities& identities() { return identities_; }

    KmsClient& client() override { return client_; }
    std::string description() const override {
        return fmt::format("{}, with credentials from {}", endpoints_, identities_.sources());
    }
    int check_callers(asio::io_context& io) override {
        return has_sts_ ? check_accounts(identities_, io, callers_) : exit_done;
    }
    std::string callers() const override {
        std::string arns;
        for (const std::string& arn : callers_) {
            arns.append(arns.empty() ? "" : " ").append(arn);
        }
        return arns;
    }
    std::string identity() const override {
        const std::string arns = callers();
        return fmt::format(
            "{}{}credentials from {}", arns, arns.empty() ? "" : ", by ", identities_.sources());
    }
    bool is_simulated() const override { return false; }
    void fill(const Plan& /*plan*/) override {}
    void fill(const FleetSpec& /*fleet*/) override {}
    void restore(const Plan& /*plan*/, const JournalReplay& /*replay*/) override {}

  private:
    std::string endpoints_;
    bool has_sts_;
    AccountIdentities identities_;
    KmsHttpClient client_;
    std::vector<std::string> callers_;
};

}  // namespace

HttpSettings http_settings(const KmsOptions& options) {
    return http_settings_of(find_route(options).value());
}

void add_kms_options(CLI::App& command, KmsOptions& options) {
    command.add_option("--endpoint-url",
                       options.endpoint_url,
                       "Ask this KMS for all Regions [AWS_ENDPOINT_URL_KMS, AWS_ENDPOINT_URL, "
                       "endpoint_url of the profile, else AWS's own]; plain http only to this "
                       "machine");
    command.add_option(
        "--profile", options.profile, "Profile of the shared AWS files [AWS_PROFILE]");
    command.add_option("--ca-bundle",
                       options.ca_bundle,
                       "Certificates to trust, a PEM file [AWS_CA_BUNDLE, ca_bundle of the "
                       "profile, else the system's]");
}

std::optional<ParseProblem> check_kms_options(const KmsOptions& options,
                                              const FleetScope& /*scope*/) {
    if (options.simulation.simulate) {
        return std::nullopt;
    }
    if (const Parsed<KmsRoute> route = find_route(options); !route) {
        return route.error();
    }
    return std::nullopt;
}

Parsed<std::unique_ptr<KmsAccess>> open_kms(const KmsOptions& options,
                                            const FleetScope& scope,
                                            asio::io_context& io,
                                            Clock& clock) {
    using Access = std::unique_ptr<KmsAccess>;
    if (options.simulation.simulate) {
        return Access(std::make_unique<EmbeddedSimulator>(options.simulation, clock));
    }
    const Parsed<KmsRoute> route = find_route(options);
    if (!route) {
        return route.error();
    }
    auto access = std::make_unique<HttpAccess>(options, *route, scope, io, clock);
    if (auto problem = access->identities().find_all()) {
        return *problem;
    }
    return Access(std::move(access));
}

}  // namespace keyferry

#include "tools/keyferry/kms_access.hpp"

#include "io/aws/credentials.hpp"
#include "io/aws/endpoint_settings.hpp"
#include "io/aws/profile_settings.hpp"
#include "io/http/http_client.hpp"
#include "io/http/proxy_settings.hpp"
#include "io/kms_http/kms_http_client.hpp"
#include "tools/keyferry/example_keys.hpp"
#include "tools/keyferry/version.hpp"
#include "tools/simulator/simulator_kms_client.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdlib>
#include <set>

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
    /// Of Account Management; nothing where KMS is not AWS's, whose credentials are none of AWS's
    /// business then.
    std::optional<Endpoint> account;

    HttpSettings http() const {
        HttpSettings settings;
        settings.ca_file = ca_file;
        settings.proxies = proxies;
        return settings;
    }
};

/// Where Account Management of the partition "aws" is: the only one with Regions to opt in to.
Region account_region() {
    return Region::parse("us-east-1").value();
}

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
    const Parsed<EndpointSettings> account =
        find_endpoint_settings(AwsService::account, std::nullopt, *profile, environment);
    if (!account) {
        return account.error();
    }
    KmsRoute route;
    route.endpoints = std::move(*endpoints);
    if (account->custom || !route.endpoints.custom) {
        route.account = regional_endpoint(AwsService::account, account_region(), *account);
    }
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

class HttpAccess final : public KmsAccess {
  public:
    HttpAccess(const KmsRoute& route,
               Credentials credentials,
               const std::string& way,
               asio::io_context& io,
               Clock& clock)
        : description_(fmt::format("{}, with credentials from {}", way, credentials.source)),
          identity_("credentials from " + credentials.source),
          credentials_(std::make_shared<const Credentials>(std::move(credentials))),
          io_(io),
          clock_(clock),
          route_(route),
          client_(
              io,
              clock,
              [credentials = credentials_](const Place&) { return credentials; },
              [endpoints = route.endpoints](const Region& region) {
                  return Parsed<Endpoint>(regional_endpoint(AwsService::kms, region, endpoints));
              },
              route.http(),
              kVersion) {}

    KmsClient& client() override { return client_; }
    std::string description() const override { return description_; }
    std::string identity() const override { return identity_; }
    asio::awaitable<std::optional<RegionOptIns>> region_opt_ins(
        std::chrono::sys_seconds now) override {
        if (!route_.account) {
            co_return std::nullopt;
        }
        const Endpoint& endpoint = *route_.account;
        HttpClient http(io_, clock_, route_.http());
        const HttpTarget target =
            http.target(HttpOrigin(endpoint.https, endpoint.host, endpoint.port));
        co_return co_await list_regions(target, endpoint, credentials_, account_region(), now);
    }
    bool is_simulated() const override { return false; }
    void fill(const Plan& /*plan*/) override {}
    void fill(const FleetSpec& /*fleet*/) override {}
    void restore(const Plan& /*plan*/, const JournalReplay& /*replay*/) override {}

  private:
    std::string description_;
    std::string identity_;
    std::shared_ptr<const Credentials> credentials_;
    asio::io_context& io_;
    Clock& clock_;
    KmsRoute route_;
    KmsHttpClient client_;
};

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

/// One set of credentials signs every call, and KMS replicates no key of another account.
std::optional<ParseProblem> check_accounts(const std::set<AccountId>& accounts) {
    if (accounts.size() <= 1) {
        return std::nullopt;
    }
    return ParseProblem{fmt::format(
        "the fleet has keys of {} accounts, {} and {} among them, and one run signs with the "
        "credentials of one account; write a fleet spec for each account",
        accounts.size(),
        accounts.begin()->digits(),
        accounts.rbegin()->digits())};
}

}  // namespace

asio::awaitable<std::optional<RegionOptIns>> KmsAccess::region_opt_ins(
    std::chrono::sys_seconds /*now*/) {
    co_return std::nullopt;
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

std::optional<ParseProblem> check_kms_options(const KmsOptions& options, const FleetScope& scope) {
    if (options.simulation.simulate) {
        return std::nullopt;
    }
    if (const Parsed<KmsRoute> route = find_route(options); !route) {
        return route.error();
    }
    return check_accounts(scope.accounts);
}

Parsed<std::unique_ptr<KmsAccess>> open_kms(const KmsOptions& options,
                                            const FleetScope& scope,
                                            asio::io_context& io,
                                            Clock& clock) {
    using Access = std::unique_ptr<KmsAccess>;
    if (options.simulation.simulate) {
        return Access(std::make_unique<EmbeddedSimulator>(options.simulation, clock));
    }
    Parsed<Credentials> credentials = find_credentials(options.profile, environment);
    if (!credentials) {
        return credentials.error();
    }
    Parsed<KmsRoute> route = find_route(options);
    if (!route) {
        return route.error();
    }
    const std::string way = route_text(*route, scope);
    return Access(std::make_unique<HttpAccess>(*route, std::move(*credentials), way, io, clock));
}

}  // namespace keyferry

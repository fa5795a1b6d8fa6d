#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include <fmt/format.h>

#include "delays.hpp"
#include "sections.hpp"

namespace lastack::scenario {
namespace {

/// Links of members that groups may amount to.
constexpr std::uint64_t max_links = 1'000'000;
/// By how much a packet is held back where `reorder` is a mere probability.
constexpr SimDuration default_reorder_by = 10ms;
/// Every link must carry this much (RFC 791, 3.2).
constexpr std::uint32_t min_mtu = 68;

net::Delay delay_at(const Value& value) {
  if (value.is_object()) return read_delay_model(value, "delay");
  return net::ConstantDelay{read_delay(value)};
}

net::Loss bernoulli_loss(const Value& v) {
  v.only_keys("a loss model", {"model", "p"});
  return net::BernoulliLoss{v.at("p").probability()};
}

net::Loss gilbert_elliott_loss(const Value& v) {
  v.only_keys("a loss model", {"model", "p_good_to_bad", "p_bad_to_good", "loss_good", "loss_bad"});
  net::GilbertElliottLoss loss;
  loss.p_good_to_bad = v.at("p_good_to_bad").probability();
  loss.p_bad_to_good = v.at("p_bad_to_good").probability();
  if (const auto p = v.find("loss_good")) loss.loss_good = p->probability();
  if (const auto p = v.find("loss_bad")) loss.loss_bad = p->probability();
  return loss;
}

net::Loss loss_at(const Value& value) {
  if (!value.is_object()) {
    if (!value.is_number()) value.want("a probability from 0 to 1 or a model of loss");
    return net::BernoulliLoss{value.probability()};
  }
  using Read = net::Loss (*)(const Value&);
  return one_of<Read>(
      value.at("model"), "a model of loss",
      {{"bernoulli", bernoulli_loss}, {"gilbert_elliott", gilbert_elliott_loss}})(value);
}

net::Reordering reordering_at(const Value& value) {
  if (!value.is_object()) return {value.probability(), default_reorder_by};
  value.only_keys("a reordering", {"p", "by"});
  return {value.at("p").probability(), read_delay(value.at("by"))};
}

/// Overwrites in `config` what `value`, a link or one of its directions, gives.
void read_config(const Value& value, net::LinkConfig& config) {
  value.with("delay", [&](const Value& v) { config.delay = delay_at(v); });
  value.with("jitter", [&](const Value& v) { config.jitter = read_delay(v); });
  value.with("loss", [&](const Value& v) { config.loss = loss_at(v); });
  value.with("duplicate", [&](const Value& v) { config.duplicate = v.probability(); });
  value.with("reorder", [&](const Value& v) { config.reorder = reordering_at(v); });
  value.with("corrupt", [&](const Value& v) { config.corrupt = v.probability(); });
  value.with("rate", [&](const Value& v) {
    config.rate_bps = v.parsed(parse_rate, "a rate such as \"10Mbit\"");
  });
  value.with("queue", [&](const Value& v) {
    config.queue_bytes_max =
        static_cast<std::uint64_t>(v.integer(0, std::numeric_limits<std::int64_t>::max()));
  });
  value.with("mtu",
             [&](const Value& v) { config.mtu = v.integer_as<std::uint32_t>(min_mtu, 65535); });
}

net::LinkConfig direction_config(const Value& link, std::string_view key, net::LinkConfig config) {
  link.with(key, [&](const Value& v) {
    v.only_keys("one direction of a link", {"delay", "jitter", "loss", "duplicate", "reorder",
                                            "corrupt", "rate", "queue", "mtu"});
    read_config(v, config);
  });
  return config;
}

std::uint64_t members(const Nodes& nodes, const NodeRef& ref) {
  const auto* host = std::get_if<HostRef>(&ref.node);
  if (host == nullptr) return 1;
  const auto [first, end] = nodes.range(*host);
  return end - first;
}

/// Which pairs of nodes have a link already, so that a second one is found without comparing all.
class LinkedPairs {
 public:
  /// The link, by index, that joins some of the same nodes as this one.
  std::optional<std::size_t> find(const Link& link) const {
    for (const auto& [a, b] : {std::pair{link.a, link.b}, std::pair{link.b, link.a}}) {
      for (const Key& key_a : matches(a)) {
        for (const Key& key_b : matches(b)) {
          if (const auto found = links_.find({key_a, key_b}); found != links_.end()) {
            return found->second;
          }
        }
      }
    }
    return std::nullopt;
  }

  void insert(const Link& link, std::size_t index) {
    for (const Key& a : {key(link.a), any_of(link.a)}) {
      for (const Key& b : {key(link.b), any_of(link.b)}) links_.try_emplace({a, b}, index);
    }
  }

 private:
  /// Router or host, its index, and of a host the member or one of the two below.
  using Key = std::tuple<bool, std::size_t, std::int64_t>;
  static constexpr std::int64_t every_member = -1;
  static constexpr std::int64_t any_member = -2;  ///< there is an entry with some member, or all

  static Key key(const NodeRef& ref) {
    const auto* host = std::get_if<HostRef>(&ref.node);
    if (host == nullptr) return {true, std::get<std::size_t>(ref.node), 0};
    return {false, host->host, host->member ? std::int64_t{*host->member} : every_member};
  }
  static Key any_of(const NodeRef& ref) {
    Key result = key(ref);
    std::get<2>(result) = any_member;
    return result;
  }
  /// The keys under which links of this node have been noted.
  static std::vector<Key> matches(const NodeRef& ref) {
    const Key own = key(ref);
    if (std::get<2>(own) == every_member) return {any_of(ref)};
    Key group = own;
    std::get<2>(group) = every_member;
    return {own, group};
  }

  std::map<std::pair<Key, Key>, std::size_t> links_;
};

/// Reads links one after the other.
class LinksReader {
 public:
  LinksReader(const Nodes& nodes, Scenario& scenario) : nodes_{&nodes}, scenario_{&scenario} {}

  void read(const Value& value) {
    value.only_keys("a link", {"a", "b", "delay", "jitter", "loss", "duplicate", "reorder",
                               "corrupt", "rate", "queue", "mtu", "a_to_b", "b_to_a"});
    Link link;
    link.a = nodes_->node(value.at("a"));
    link.b = nodes_->node(value.at("b"));
    check_ends(value, link);
    net::LinkConfig both;
    read_config(value, both);
    link.a_to_b = direction_config(value, "a_to_b", both);
    link.b_to_a = direction_config(value, "b_to_a", both);
    scenario_->links.push_back(link);
    pairs_.insert(link, pointers_.size());
    pointers_.push_back(value.pointer());
  }

 private:
  void check_ends(const Value& value, const Link& link) {
    if (overlap(link.a, link.b)) value.at("b").want("another node than \"a\"");
    if (const auto other = pairs_.find(link)) {
      value.fail(
          fmt::format("want one link between two nodes, have another between \"{}\" and "
                      "\"{}\" in {}",
                      nodes_->name(link.a), nodes_->name(link.b), pointers_[*other]));
    }
    links_ += members(*nodes_, link.a) * members(*nodes_, link.b);
    if (links_ > max_links) {
      value.fail(fmt::format("want at most {} links of members in all, have more", max_links));
    }
  }

  const Nodes* nodes_;
  Scenario* scenario_;
  LinkedPairs pairs_;
  std::vector<std::string> pointers_;  ///< JSON Pointer of each link
  std::uint64_t links_ = 0;
};

}  // namespace

bool links_known(const Value& root, const Scenario& scenario) {
  const auto links = root.find("links");
  return !links || (links->is_array() && links->size() == scenario.links.size());
}

void read_links(const Value& root, const Nodes& nodes, Scenario& scenario) {
  const auto links = root.find("links");
  if (!links) return;
  LinksReader reader{nodes, scenario};
  links->for_each_element("an array of links", [&](const Value& link) { reader.read(link); });
}

}  // namespace lastack::scenario

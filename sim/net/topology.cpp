#include "lastack/net/topology.hpp"

#include <algorithm>
#include <compare>
#include <utility>

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/dijkstra_shortest_paths.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include "lastack/core/assert.hpp"

namespace lastack::net {

namespace {

/// What a route costs: compared by delay, then by hops.
struct Cost {
  SimDuration delay{};
  std::uint32_t hops = 0;

  friend auto operator<=>(const Cost&, const Cost&) = default;
  friend Cost operator+(Cost a, Cost b) { return {a.delay + b.delay, a.hops + b.hops}; }
};

constexpr Cost unreachable{SimDuration::max(), 0};

Cost sum(Cost a, Cost b) { return a == unreachable || b == unreachable ? unreachable : a + b; }

/// The nodes that a route may start from or cross, with arcs turned round: searched from a router,
/// it says how far that router is from everywhere.
using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, boost::no_property,
                                    boost::property<boost::edge_weight_t, Cost>>;

constexpr ChannelIndex no_channel = 0xffff'ffff;
constexpr std::uint32_t no_vertex = 0xffff'ffff;

std::uint64_t pair_key(NodeIndex from, NodeIndex to) { return std::uint64_t{from} << 32 | to; }

}  // namespace

class Topology::Impl {
 public:
  Impl(std::size_t host_count, std::size_t node_count, std::vector<Arc> arcs)
      : host_count_{host_count},
        arcs_{std::move(arcs)},
        out_(node_count),
        in_(node_count) {
    for (ChannelIndex i = 0; i < arcs_.size(); ++i) note_arc(i);
    number_vertices();
    build_graph();
  }

  std::optional<ChannelIndex> next(NodeIndex at, NodeIndex to) {
    if (at == to) return std::nullopt;
    if (!is_router(at) && out_[at].count == 1) {  // a leaf: no choice
      const NodeIndex neighbour = arcs_[out_[at].first].to;
      const bool useful = neighbour == to || is_router(neighbour);
      return useful ? std::optional{out_[at].first} : std::nullopt;
    }
    const ChannelIndex best =
        in_[to].count == 1 ? by_last_hop(at, in_[to].first).channel : by_best_last_hop(at, to);
    return best == no_channel ? std::nullopt : std::optional{best};
  }

  const Arc& arc(ChannelIndex channel) const { return arcs_[channel]; }
  bool is_router(NodeIndex node) const { return node >= host_count_; }

 private:
  /// A node's arcs in one direction: how many, and the first of them.
  struct Arcs {
    std::uint32_t count = 0;
    ChannelIndex first = no_channel;
  };
  struct Choice {
    Cost cost = unreachable;
    ChannelIndex channel = no_channel;

    friend auto operator<=>(const Choice&, const Choice&) = default;
  };
  /// For one router: the best first hop towards it, by vertex.
  using Table = std::vector<Choice>;

  void note_arc(ChannelIndex i) {
    for (Arcs* arcs : {&out_[arcs_[i].from], &in_[arcs_[i].to]}) {
      if (arcs->count++ == 0) arcs->first = i;
    }
  }

  void number_vertices() {
    vertex_.assign(out_.size(), no_vertex);
    for (NodeIndex node = 0; node < out_.size(); ++node) {
      if (is_router(node) || out_[node].count > 1) {
        vertex_[node] = static_cast<std::uint32_t>(starts_.size());
        starts_.push_back(node);
        boost::add_vertex(graph_);
      }
    }
  }

  /// Keeps arcs into routers for the search, and arcs into hosts with several as last hops.
  void build_graph() {
    for (ChannelIndex i = 0; i < arcs_.size(); ++i) {
      const Arc& arc = arcs_[i];
      if (is_router(arc.to) && vertex_[arc.from] != no_vertex) {
        boost::add_edge(vertex_[arc.to], vertex_[arc.from], Cost{arc.delay, 1}, graph_);
        into_routers_.push_back(i);
      }
      if (!is_router(arc.to) && in_[arc.to].count > 1) note_last_hop(i);
    }
  }

  void note_last_hop(ChannelIndex i) {
    const Arc& arc = arcs_[i];
    if (is_router(arc.from)) {
      last_hops_[arc.to].push_back(i);
    } else {
      Choice& direct = direct_[pair_key(arc.from, arc.to)];
      direct = std::min(direct, Choice{{arc.delay, 1}, i});
    }
  }

  /// The best way over this last hop.
  Choice by_last_hop(NodeIndex at, ChannelIndex last) {
    const Arc& arc = arcs_[last];
    if (arc.from == at) return {{arc.delay, 1}, last};
    if (!is_router(arc.from) || vertex_[at] == no_vertex) return {};
    Choice choice = table(arc.from)[vertex_[at]];
    choice.cost = sum(choice.cost, {arc.delay, 1});
    return choice;
  }

  ChannelIndex by_best_last_hop(NodeIndex at, NodeIndex to) {
    Choice best;
    if (const auto direct = direct_.find(pair_key(at, to)); direct != direct_.end()) {
      best = direct->second;
    }
    if (const auto hops = last_hops_.find(to); hops != last_hops_.end()) {
      for (const ChannelIndex last : hops->second) best = std::min(best, by_last_hop(at, last));
    }
    return best.channel;
  }

  const Table& table(NodeIndex router) {
    Table& table = tables_[router];
    if (table.empty()) table = search(vertex_[router]);
    return table;
  }

  Table search(std::uint32_t goal) const {
    std::vector<Cost> distance(starts_.size());
    boost::dijkstra_shortest_paths(
        graph_, goal,
        boost::distance_map(boost::make_iterator_property_map(
                                distance.begin(), boost::get(boost::vertex_index, graph_)))
            .distance_inf(unreachable)
            .distance_zero(Cost{})
            .distance_compare(std::less<Cost>{})
            .distance_combine(&sum));
    Table best(starts_.size());
    for (const ChannelIndex i : into_routers_) {
      const std::uint32_t from = vertex_[arcs_[i].from];
      const Cost beyond = distance[vertex_[arcs_[i].to]];
      best[from] = std::min(best[from], Choice{sum(beyond, {arcs_[i].delay, 1}), i});
    }
    for (Choice& choice : best) {
      if (choice.cost == unreachable) choice.channel = no_channel;
    }
    return best;
  }

  std::size_t host_count_;
  std::vector<Arc> arcs_;
  std::vector<Arcs> out_;              ///< by node
  std::vector<Arcs> in_;               ///< by node
  std::vector<std::uint32_t> vertex_;  ///< by node: its number in graph_, or no_vertex
  std::vector<NodeIndex> starts_;      ///< by vertex: its node
  std::vector<ChannelIndex> into_routers_;
  Graph graph_;
  boost::unordered_flat_map<NodeIndex, std::vector<ChannelIndex>> last_hops_;
  boost::unordered_flat_map<std::uint64_t, Choice> direct_;
  boost::unordered_flat_map<NodeIndex, Table> tables_;
};

Topology::Topology(std::size_t host_count, std::size_t node_count, std::vector<Arc> arcs)
    : impl_{std::make_unique<Impl>(host_count, node_count, std::move(arcs))} {}
Topology::Topology(Topology&&) noexcept = default;
Topology::~Topology() = default;

std::optional<ChannelIndex> Topology::next(NodeIndex at, NodeIndex to) {
  return impl_->next(at, to);
}
const Topology::Arc& Topology::arc(ChannelIndex channel) const { return impl_->arc(channel); }
bool Topology::is_router(NodeIndex node) const { return impl_->is_router(node); }

}  // namespace lastack::net

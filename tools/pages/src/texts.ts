/** Every text of the page, in both languages. A test holds both to the same keys. */

const en = {
  language: "Language", theme: "Theme", theme_auto: "As the system", theme_light: "Light", theme_dark: "Dark",
  data_error: "This page cannot be shown", data_error_hint: "Make it again with the program that wrote the data.",
  seed: "seed", version: "Lastack", print: "Print", copy: "Copy", copied: "Copied", skip: "Skip to the diagram",
  close: "Close", again_command: "To run it again",

  run_kind: "One run", simulated: "simulated", segments: "segments", lost: "lost", retransmitted: "retransmitted",
  connected_of: "connected", connect_time: "mean connect time", requests: "requests answered", request_time: "mean request time", failed_later: "connections failed later", failed_calls: "failed calls", resets: "connections reset", half_open: "half-open at the end", orphan_time: "mean orphan time", syn_cookies: "SYN cookies sent", connect_time_each: "connect time", events: "events", hosts: "hosts", interrupted: "The run was interrupted; this is what there was until then.",
  left_out: "{n} events are not in this page.",
  expectations: "Expectations", all_held: "all {n} held", some_failed: "{n} of {all} failed", held: "held", failed: "failed", not_judged: "not judged",
  wanted: "wanted", seen: "seen", where: "where",

  connections: "Connections", filter: "Filter", filter_hint: "host, port or outcome", more_connections: "{n} more; filter to find them",
  outcome: "Outcome", all: "all", outcome_ok: "connected", outcome_failed: "failed", outcome_open: "no result", outcome_lossy: "with losses",
  retrans_short: "again", lost_short: "lost", datagrams: "datagrams", of_connections: "{n} of {all} connections", loose_calls: "Calls without a segment", and_more: "and {n} more",

  ladder: "Ladder diagram", ladder_help: "Up and down: the next event. Left and right: the next moment. + and − (or Ctrl and the wheel): zoom. Space: play. Home and End. Escape: nothing selected.",
  zoom_in: "Zoom in", zoom_out: "Zoom out", zoom_fit: "Fit", play: "Play", pause: "Pause", step_back: "Step back", step_on: "Step on", speed: "Speed", show_all: "Show everything",
  time: "time", silence: "{t} of silence", run_ends: "the run ends", end_state: "at the end",
  details: "Details", details_hint: "Point at a segment, a state or a timer, or choose one with the arrow keys.",
  legend: "What the signs mean", legend_sent: "segment, from sending to arriving", legend_control: "SYN, FIN or RST (thicker)", legend_again: "sent again (dashes)", legend_lost: "lost: the cross is where it died, or midway where nobody knows", legend_discarded: "thrown away by the host (cross at its line)", legend_forged: "forged (dots, from a ring)", legend_flying: "still on its way at the end",
  legend_timer: "timer running", legend_fire: "timer fires (full clock)", legend_cancel: "cancelled or set anew (bar)", legend_silence: "silence, drawn short", states: "States",
  print_part: "Printed: the part from {a} s to {b} s of {n} events.",

  segment: "Segment", datagram: "Datagram", forged: "forged", sent: "sent", arrived: "arrived", after: "after {t}", from_to: "from, to",
  flags: "flags", seq: "seq", ack: "ack", len: "length", win: "window", options: "options", none: "none", absolute: "absolute", octets: "octets", scaled: "as on the wire",
  opt_mss: "maximum segment {v}", opt_wscale: "window scale 2^{v}", opt_sack_permitted: "SACK permitted", opt_ts: "timestamp {a}, echo {b}", opt_sack: "SACK {v}",
  reason: "reason", fate: "fate", fate_arrived: "arrived", fate_lost: "lost on the way: {r}", fate_discarded: "thrown away by the host: {r}", fate_open: "still on its way at the end", copy_n: "copy {n}",
  cause: "Because", no_cause: "nothing in the trace caused it", line: "line {n}",
  state: "State", entered: "entered", left: "left", lasted: "lasted", for_now: "until the end",
  timer: "Timer", armed: "set", due: "due", fired: "fired", cancelled: "cancelled", rearmed: "set anew", running: "running at the end", call: "Call", host_event: "Host", discard: "Discarded",
  selected_of: "{i} of {n}",

  why_syn: "opens the connection (RFC 9293, 3.5)", why_synack: "answers the SYN (RFC 9293, 3.5)", why_ack: "acknowledges what arrived", why_delack: "acknowledges, after a delay (RFC 9293, 3.8.6.3)", why_data: "data of the application", why_fin: "closes this direction (RFC 9293, 3.6)", why_rto: "sent again: the retransmission timer ran out (RFC 6298, 5)", why_tlp: "loss probe: sent again ahead of the timer (RFC 8985, 7)", why_challenge: "challenge ACK: asks whether the peer means it (RFC 5961)", why_reset: "resets: nothing here wants that segment (RFC 9293, 3.5.2)", why_synack_timeout: "SYN-ACK again: nobody answered it", why_synack_repeat: "SYN-ACK again: the SYN came again", why_syn_repeat: "SYN again", why_fast_retransmit: "sent again after duplicate ACKs (RFC 5681, 3.2)", why_dup_ack: "duplicate ACK: something is missing before it (RFC 5681, 4.2)", why_keepalive: "keepalive: is anybody there? (RFC 9293, 3.8.4)", why_window_probe: "asks for the window (RFC 9293, 3.8.6.1)", why_window_update: "announces a larger window", why_time_wait: "repeats the last ACK in TIME_WAIT (RFC 9293, 3.10.7.4)",
  drop_loss: "the link lost it by chance", drop_fault: "a fault of the scenario took it", drop_link_down: "the link was down", drop_mtu: "longer than the link's MTU", drop_queue: "the link's queue was full", drop_no_route: "no route to its receiver", drop_host_off: "the host was without power", drop_checksum: "damaged on the way, by its checksum", drop_accept_queue: "the accept queue is full", drop_syn_queue: "the SYN queue is full, or kept for proven peers", drop_ack_of_unsent: "it acknowledges what was never sent (RFC 9293, 3.10.7)", drop_answer_limited: "it repeats another within tcp_invalid_ratelimit", drop_challenged: "it has to prove itself first, by a challenge ACK (RFC 5961)", drop_defer_accept: "TCP_DEFER_ACCEPT waits for data", drop_no_ack: "it has no ACK", drop_no_socket: "nobody is there", drop_no_syn: "it is no SYN", drop_rst_in_listen: "a listener has nothing to reset", drop_rst_out_of_window: "a reset outside the window (RFC 5961, 3.2)", drop_rst_without_ack: "a reset without ACK for a SYN that is on its way", drop_rst_wrong_ack: "a reset that does not acknowledge the SYN", drop_socket_limit: "the host has memory for no more sockets (limits.sockets)", drop_socket_memory: "no memory for sockets is left (tcp_mem)", drop_unacceptable: "outside the window, or with an old timestamp (RFC 9293, 3.10.7.4; RFC 7323, 5)",

  batch_kind: "A batch of runs", asked: "What was asked", axis: "What varies", role_setting: "a setting", role_condition: "a condition", values: "values", default_value: "default", runs_each: "Runs", runs: "runs", combinations: "combinations", of_scenario: "Scenario", in_all: "Runs in all", confidence: "intervals at {p}", intervals: "Intervals", incomplete: "The batch was stopped before all runs were done.",
  answer: "The decision", metric: "Metric", default_: "default", under: "Where", always: "in all runs",
  
  ans_no_setting: "No setting varied: {metric} goes from {low} ({a}) to {high} ({b}).", ans_direction_more: "↑ better", ans_direction_less: "↓ better", ans_none: "No combination has a value of {metric}.",
  plot_ecdf: "How long a connect takes", plot_ecdf_note: "The share of all connects that were done within a time. A curve that ends below 100 % lost the rest.", plot_axis: "A metric against what varies", plot_axis_note: "Bands are the {p} intervals.", plot_states: "Time in each state", plot_front: "Trade-off", x_axis: "across", y_axis: "up", log_scale: "logarithmic", connects: "connects done",
  
  table: "All combinations", sort_by: "Sort by {m}", filter_rows: "Filter rows", filter_rows_hint: "such as loss=0.2, or connect_ok<0.99", rows_of: "{n} of {all} rows", show: "Curve", bad_filter: "not understood: {f}", more_rows: "Show more rows", 
  worst: "Worst runs", worst_note: "Each line runs one of them again, with its ladder.", replication: "replication", command: "Command", no_value: "none",
  plot_keys: "Left and right: the next value.", plot_empty: "No values of this are in the data.",
  // The decision.
  ans_nothing: "Nothing here can be compared.",
  ans_more: "Show {n} more conditions",
  shown_hint: "Alike ones share a curve. Choose up to {n} in the table of all combinations.",
  front: "not beaten",
  beaten_in_both: "beaten by {by}: worse in both",
  beaten_in_one: "beaten by {by}: worse in “{worse}”, and as good in “{same}”",
  plot_front_note: "Diamonds joined by the line: no other is better in one and at least as good in the other. Circles are beaten; pointing at one says by which and in what. Shares count all connects, those that fail too.",
  plot_states_note: "Socket-seconds in a run, over all hosts.",
  states_apart: "{state}, on a scale of its own",
  at_where: "At: {where}",
  late: "not connected within {s} s",
  never_connected: "connects that fail",
  gives_up_at: "{where}: a connect fails after",
  of_survivors: "{m} (of connects that succeed)",
  columns_left_out: "Left out: metrics without a value, and counts that are 0 everywhere ({n}).",
  print_left_out: " · On the screen this page has all combinations and metrics, and more plots.",
  by_condition: "Condition by condition",
  never: "never",
  at_least: "at least {x}",
  not_told_apart: "not told apart",
  fig_connect_ok: "connects that succeed",
  fig_connected_p99: "99 % of all done within",
  fig_orphan_time: "an orphan lasts",
  fig_half_open: "half-open sockets at the end",
  fig_bytes: "bytes delivered",
  fig_time_in: "socket-seconds in {state}",
  fig_gives_up: "a connect fails after",
  list_and: "{list} and {last}",
  value_default: "{v} (default)",
  range_default: "{range} (default: {v})",
  any_value: "any {name}",
  loss_of: "{p} loss {name}",
  range_to: "{a} to {b}", to: " to ",
  claim_choice_one: "{s} does best: nothing else does as well under every condition.",
  claim_choice: "{s} do best, and alike, under every condition.",
  claim_choice_all: "All values are alike under every condition.",
  claim_choice_open: "Nothing is shown to do better than {s} under any condition; more runs may tell these apart.",
  claim_choice_all_open: "No value is shown to do better than another; more runs may tell them apart.",
  claim_cheapest: "Of these, {c} is the first to give up where nobody answers.",
  claim_no_choice: "It is a trade-off: every value is shown to do worse than another under some condition.",
  claim_alike_all: "All values are alike at {where}.",
  claim_alike: "{s} are alike at {where}.",
  claim_open_all: "These runs tell no values apart at {where}.",
  claim_open: "These runs do not tell {s} apart at {where}.",
  claim_worse: "{where}, compared with {best}: {steps}.",
  claim_gives_up: "{where}: no connect succeeds, and each fails after {times}.",
  claim_dead_unknown: "{where}: no connect succeeds. Keep the metric time_in.SYN_SENT to see how long each takes to fail.",
  claim_dead_untried: "What more retries cost where nobody answers was not tried: add a condition with a dead server.",
  claim_too_many: "There are too many values to compare each with each; `lastack tune` searches among so many.",
  step_connect_ok: "with {s}: {x} fewer connects succeed",
  step_connected: "with {s}: it takes {x} longer until 99 % of all connects are done",
  step_never: "with {s}: fewer than 99 % of connects ever succeed",
  step_some_never: "with {s}: it takes {x} longer until 99 % of all connects are done, or they never are",
  step_orphan: "with {s}: an orphan lasts {x} longer",
  step_half_open: "with {s}: {x} more sockets are half open at the end",
  step_bytes: "with {s}: {x} bytes fewer are delivered",
  step_time_in: "with {s}: {x} more socket-seconds in {state}",
  step_more: "with {s}: {metric} is greater by {x}",
  step_less: "with {s}: {metric} is smaller by {x}",
  step_gives_up: "{x} with {s}",
  what_it_takes: "And what it takes ({n} more)",
  alike_means: "Judged by: {list}. Alike: shown to differ from the best by no more than 0.2 % of connects, or 5 % of a time or number. Runs are compared in pairs with the same random numbers; with {p} all comparisons hold at once.",
};

export type TextKey = keyof typeof en;

const zh: Record<TextKey, string> = {
  language: "语言", theme: "主题", theme_auto: "跟随系统", theme_light: "浅色", theme_dark: "深色",
  data_error: "无法显示此页面", data_error_hint: "请用写出数据的程序重新生成。",
  seed: "种子", version: "Lastack", print: "打印", copy: "复制", copied: "已复制", skip: "跳到时序图",
  close: "关闭", again_command: "重新运行",

  run_kind: "单次运行", simulated: "模拟时间", segments: "报文段", lost: "丢失", retransmitted: "重传",
  connected_of: "连接成功", connect_time: "平均建连时间", requests: "已答复的请求", request_time: "平均请求时间", failed_later: "建立后失败的连接", failed_calls: "失败的调用", resets: "被重置的连接", half_open: "结束时半开", orphan_time: "平均孤儿时间", syn_cookies: "已发送的 SYN cookie", connect_time_each: "建连时间", events: "事件", hosts: "主机", interrupted: "运行被中断；以下是中断前的内容。",
  left_out: "有 {n} 个事件不在此页面中。",
  expectations: "预期", all_held: "全部 {n} 条成立", some_failed: "{all} 条中有 {n} 条不成立", held: "成立", failed: "不成立", not_judged: "未判断",
  wanted: "预期值", seen: "实际值", where: "位置",

  connections: "连接", filter: "筛选", filter_hint: "主机、端口或结果", more_connections: "另有 {n} 个，请筛选",
  outcome: "结果", all: "全部", outcome_ok: "已连接", outcome_failed: "失败", outcome_open: "无结果", outcome_lossy: "有丢失",
  retrans_short: "重传", lost_short: "丢失", datagrams: "数据报", of_connections: "{all} 个连接中的 {n} 个", loose_calls: "没有报文段的调用", and_more: "另有 {n} 个",

  ladder: "时序图", ladder_help: "上下键：下一个事件。左右键：下一个时刻。+ 和 −（或 Ctrl 加滚轮）：缩放。空格：播放。Home 和 End。Esc：取消选择。",
  zoom_in: "放大", zoom_out: "缩小", zoom_fit: "适合窗口", play: "播放", pause: "暂停", step_back: "后退一步", step_on: "前进一步", speed: "速度", show_all: "显示全部",
  time: "时间", silence: "静默 {t}", run_ends: "运行结束", end_state: "结束时",
  details: "详情", details_hint: "指向一个报文段、状态或定时器，或用方向键选择。",
  legend: "图例", legend_sent: "报文段，从发送到到达", legend_control: "SYN、FIN 或 RST（较粗）", legend_again: "重传（长虚线）", legend_lost: "丢失：叉号处即消失之处，不知何处时画在中途", legend_discarded: "被主机丢弃（叉号在主机线上）", legend_forged: "伪造（点线，自圆环起）", legend_flying: "结束时仍在途中",
  legend_timer: "定时器在运行", legend_fire: "定时器到期（实心钟）", legend_cancel: "取消或重设（横杠）", legend_silence: "静默，已压缩", states: "状态",
  print_part: "已打印：{a} 秒到 {b} 秒的部分，共 {n} 个事件。",

  segment: "报文段", datagram: "数据报", forged: "伪造", sent: "发送", arrived: "到达", after: "历时 {t}", from_to: "从，到",
  flags: "标志", seq: "序号", ack: "确认号", len: "长度", win: "窗口", options: "选项", none: "无", absolute: "绝对值", octets: "字节", scaled: "线上原值",
  opt_mss: "最大报文段 {v}", opt_wscale: "窗口扩大 2^{v}", opt_sack_permitted: "允许 SACK", opt_ts: "时间戳 {a}，回显 {b}", opt_sack: "SACK {v}",
  reason: "原因", fate: "去向", fate_arrived: "到达", fate_lost: "途中丢失：{r}", fate_discarded: "被主机丢弃：{r}", fate_open: "结束时仍在途中", copy_n: "副本 {n}",
  cause: "起因", no_cause: "轨迹中没有它的起因", line: "第 {n} 行",
  state: "状态", entered: "进入", left: "离开", lasted: "持续", for_now: "直到结束",
  timer: "定时器", armed: "设置", due: "到期时刻", fired: "到期", cancelled: "取消", rearmed: "重设", running: "结束时仍在运行", call: "调用", host_event: "主机", discard: "丢弃",
  selected_of: "第 {i} 个，共 {n} 个",

  why_syn: "打开连接（RFC 9293，3.5）", why_synack: "应答 SYN（RFC 9293，3.5）", why_ack: "确认收到的内容", why_delack: "延迟后确认（RFC 9293，3.8.6.3）", why_data: "应用的数据", why_fin: "关闭这一方向（RFC 9293，3.6）", why_rto: "重传：重传定时器到期（RFC 6298，5）", why_tlp: "尾部丢失探测：在定时器之前重发（RFC 8985，7）", why_challenge: "挑战 ACK：询问对方是否当真（RFC 5961）", why_reset: "复位：这里无人需要该报文段（RFC 9293，3.5.2）", why_synack_timeout: "重发 SYN-ACK：无人应答", why_synack_repeat: "重发 SYN-ACK：SYN 再次到来", why_syn_repeat: "重发 SYN", why_fast_retransmit: "重复 ACK 之后快速重传（RFC 5681，3.2）", why_dup_ack: "重复 ACK：前面缺少内容（RFC 5681，4.2）", why_keepalive: "保活：对方还在吗？（RFC 9293，3.8.4）", why_window_probe: "探询窗口（RFC 9293，3.8.6.1）", why_window_update: "通告更大的窗口", why_time_wait: "在 TIME_WAIT 中重发最后的 ACK（RFC 9293，3.10.7.4）",
  drop_loss: "链路随机丢失", drop_fault: "被场景中的故障规则丢弃", drop_link_down: "链路已断开", drop_mtu: "超过链路的 MTU", drop_queue: "链路队列已满", drop_no_route: "没有到接收方的路由", drop_host_off: "主机断电", drop_checksum: "途中损坏，校验和不符", drop_accept_queue: "accept 队列已满", drop_syn_queue: "SYN 队列已满，或留给已证实的对方", drop_ack_of_unsent: "确认了从未发送的内容（RFC 9293，3.10.7）", drop_answer_limited: "在 tcp_invalid_ratelimit 之内重复出现", drop_challenged: "须先以挑战 ACK 证实（RFC 5961）", drop_defer_accept: "TCP_DEFER_ACCEPT 等待数据", drop_no_ack: "缺少 ACK", drop_no_socket: "此处无人接收", drop_no_syn: "不是 SYN", drop_rst_in_listen: "监听套接字无可复位", drop_rst_out_of_window: "窗口之外的复位（RFC 5961，3.2）", drop_rst_without_ack: "对途中 SYN 的复位缺少 ACK", drop_rst_wrong_ack: "复位没有确认该 SYN", drop_socket_limit: "主机没有内存容纳更多套接字（limits.sockets）", drop_socket_memory: "套接字内存已用尽（tcp_mem）", drop_unacceptable: "在窗口之外，或时间戳过旧（RFC 9293，3.10.7.4；RFC 7323，5）",

  batch_kind: "批量运行", asked: "问题", axis: "变化的量", role_setting: "设置", role_condition: "条件", values: "取值", default_value: "默认值", runs_each: "运行次数", runs: "运行次数", combinations: "组合数", of_scenario: "场景", in_all: "运行总数", confidence: "区间置信度 {p}", intervals: "区间置信度", incomplete: "批量运行在全部完成之前被停止。",
  answer: "结论", metric: "指标", default_: "默认", under: "条件", always: "所有运行",
  
  ans_no_setting: "没有变化的设置：{metric} 从 {low}（{a}）到 {high}（{b}）。", ans_direction_more: "↑ 更好", ans_direction_less: "↓ 更好", ans_none: "没有组合有 {metric} 的值。",
  plot_ecdf: "建连需要多久", plot_ecdf_note: "在某时间之内完成的连接占全部连接的比例。曲线未到 100 % 的部分即失败。", plot_axis: "指标随变量的变化", plot_axis_note: "色带为 {p} 置信区间。", plot_states: "各状态的时间", plot_front: "权衡", x_axis: "横轴", y_axis: "纵轴", log_scale: "对数", connects: "已完成的连接",
  
  table: "全部组合", sort_by: "按 {m} 排序", filter_rows: "筛选行", filter_rows_hint: "例如 loss=0.2 或 connect_ok<0.99", rows_of: "{all} 行中的 {n} 行", show: "曲线", bad_filter: "无法理解：{f}", more_rows: "显示更多行", 
  worst: "最差的运行", worst_note: "每一行命令重新运行其中一次，并给出时序图。", replication: "重复", command: "命令", no_value: "无",
  plot_keys: "左右键：下一个值。", plot_empty: "数据中没有这些值。",
  // The decision.
  ans_nothing: "这里没有可以比较的内容。",
  ans_more: "再显示 {n} 种条件",
  shown_hint: "无差别者共用一条曲线。可在全部组合表中至多选择 {n} 条。",
  front: "未被超过",
  beaten_in_both: "被 {by} 超过：两项都更差",
  beaten_in_one: "被 {by} 超过：“{worse}”更差，“{same}”相当",
  plot_front_note: "以线相连的菱形：没有别的点一项更好而另一项不差。圆圈是被超过的点，指向它可知被谁、在哪一项上超过。比例计入全部连接，包括失败的。",
  plot_states_note: "一次运行中所有主机的套接字秒数。",
  states_apart: "{state}，单独的刻度",
  at_where: "条件：{where}",
  late: "{s} 秒内未建立的连接",
  never_connected: "失败的连接",
  gives_up_at: "{where}：连接失败所需时间",
  of_survivors: "{m}（仅成功的连接）",
  columns_left_out: "已略去没有值的指标和处处为 0 的计数（{n} 个）。",
  print_left_out: " · 屏幕上的本页另有全部组合、全部指标和更多图表。",
  by_condition: "逐个条件",
  never: "永不",
  at_least: "至少 {x}",
  not_told_apart: "未能区分",
  fig_connect_ok: "成功的连接",
  fig_connected_p99: "99 % 的连接完成所需时间",
  fig_orphan_time: "孤儿连接持续",
  fig_half_open: "结束时的半开套接字",
  fig_bytes: "送达的字节",
  fig_time_in: "{state} 的套接字秒数",
  fig_gives_up: "连接失败所需时间",
  list_and: "{list} 和 {last}",
  value_default: "{v}（默认）",
  range_default: "{range}（默认 {v}）",
  any_value: "任意 {name}",
  loss_of: "{p} 丢包 {name}",
  range_to: "{a} 至 {b}", to: " 至 ",
  claim_choice_one: "{s} 最好：没有别的取值在每种条件下都同样好。",
  claim_choice: "{s} 在每种条件下都最好，彼此无差别。",
  claim_choice_all: "所有取值在每种条件下都无差别。",
  claim_choice_open: "没有取值在任何条件下显示出优于 {s}；更多运行也许能区分它们。",
  claim_choice_all_open: "没有取值显示出优于另一个；更多运行也许能区分它们。",
  claim_cheapest: "其中 {c} 在无人应答时最先放弃。",
  claim_no_choice: "须作权衡：每个取值都在某种条件下显示出不如另一个。",
  claim_alike_all: "{where}：所有取值无差别。",
  claim_alike: "{where}：{s} 无差别。",
  claim_open_all: "{where}：这些运行不能区分任何取值。",
  claim_open: "{where}：这些运行不能区分 {s}。",
  claim_worse: "{where}，与 {best} 相比：{steps}。",
  claim_gives_up: "{where}：没有连接成功，每个连接失败所需时间为 {times}。",
  claim_dead_unknown: "{where}：没有连接成功。保留指标 time_in.SYN_SENT 即可看到每个连接多久失败。",
  claim_dead_untried: "未试过无人应答时更多重试的代价：请加入一个服务器已死的条件。",
  claim_too_many: "取值太多，无法两两比较；`lastack tune` 可在这么多取值中搜索。",
  step_connect_ok: "{s}：少成功 {x} 的连接",
  step_connected: "{s}：要多用 {x} 才完成 99 % 的连接",
  step_never: "{s}：成功的连接始终不到 99 %",
  step_some_never: "{s}：要多用 {x} 才完成 99 % 的连接，或永远达不到",
  step_orphan: "{s}：孤儿连接多持续 {x}",
  step_half_open: "{s}：结束时多 {x} 个半开套接字",
  step_bytes: "{s}：少送达 {x} 字节",
  step_time_in: "{s}：在 {state} 多 {x} 套接字秒",
  step_more: "{s}： {metric} 大 {x}",
  step_less: "{s}： {metric} 小 {x}",
  step_gives_up: "{s} {x}",
  what_it_takes: "以及代价（另 {n} 条）",
  alike_means: "评判依据：{list}。无差别：与最好者的差不超过 0.2 % 的连接，或时间、数值的 5 %。运行以相同的随机数成对比较；所有比较同时成立的把握为 {p}。",
};

export const texts = { en, zh };
export type Language = keyof typeof texts;

let language: Language = "en";
export const currentLanguage = (): Language => language;
export function useLanguage(wanted: Language): void {
  language = wanted;
}

/** A text with its `{places}` filled. */
export function t(key: TextKey, places: Record<string, string | number> = {}): string {
  return texts[language][key].replace(/\{(\w+)\}/g, (whole, name: string) => String(places[name] ?? whole));
}

const wordsOf = (group: string, name: string): string => {
  const key = `${group}_${name.replace(/-/g, "_")}`;
  return key in en ? `${name}: ${t(key as TextKey)}` : name;
};

/** Why a segment was sent: the trace's word and what it means; one that has no words yet stands alone. */
export const whyText = (why: string): string => wordsOf("why", why);
/** The same for what became of a lost or discarded one. */
export const dropText = (reason: string): string => wordsOf("drop", reason);

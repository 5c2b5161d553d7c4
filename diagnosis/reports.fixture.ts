// What components print when a cause is there, with names of our own: [cause, text]. Not what the signatures were written from: they must find these, too.

/** Where two causes could be meant, the text is not here. */
export const reports: readonly (readonly [string, string])[] = [
  [
    "api-version-mismatch",
    "Error response from daemon: client version 1.38 is too old. Minimum supported API version is 1.44, please upgrade your client to a newer version",
  ],
  [
    "apiserver-unreachable",
    'E0301 08:09:10.1    88 kubelet_node_status.go:96] "Unable to register node with API server" err="Post \\"https://10.9.0.1:6443/api/v1/nodes\\": dial tcp 10.9.0.1:6443: connect: connection refused" node="edge-7"',
  ],
  [
    "apparmor-denied",
    'Error: failed to create containerd container: get apparmor_parser version: exec: "apparmor_parser": executable file not found in $PATH',
  ],
  [
    "binary-libc-mismatch",
    "/usr/local/bin/runc: /lib64/libc.so.6: version `GLIBC_2.34' not found (required by /usr/local/bin/runc)",
  ],
  [
    "br-netfilter-missing",
    "[ERROR FileContent--proc-sys-net-bridge-bridge-nf-call-iptables]: /proc/sys/net/bridge/bridge-nf-call-iptables does not exist",
  ],
  [
    "cert-expired",
    "Unable to connect to the server: x509: certificate has expired or is not yet valid: current time 2026-03-01T08:09:10Z is after 2026-02-28T00:00:00Z",
  ],
  [
    "cgroup-controller-missing",
    "Error response from daemon: failed to create task for container: failed to create shim task: OCI runtime create failed: crun: the requested cgroup controller `pids` is not available: unknown",
  ],
  [
    "cgroup-driver-mismatch",
    'E0301 08:09:10.1 88 run.go:74] "command failed" err="failed to run Kubelet: misconfiguration: kubelet cgroup driver: \\"systemd\\" is different from docker cgroup driver: \\"cgroupfs\\""',
  ],
  [
    "cgroup-leak",
    'docker: Error response from daemon: OCI runtime create failed: container_linux.go:348: starting container process caused "process_linux.go:279: applying cgroup configuration for process caused \\"mkdir /sys/fs/cgroup/memory/docker/4f: no space left on device\\"": unknown.',
  ],
  ["cgroup-mount-missing", "Error response from daemon: Devices cgroup isn't mounted"],
  [
    "cni-bridge-addr-conflict",
    'NetworkPlugin cni failed to set up pod "web-0_default" network: failed to set bridge addr: "cni0" already has an IP address different from 10.244.3.1/24',
  ],
  [
    "cni-config-invalid",
    'time="2026-03-01T08:09:10Z" level=error msg="failed to load cni during init, please check CRI plugin status before setting up network for pods" error="cni config load failed: failed to load CNI config list file /etc/cni/net.d/10-net.conflist: error parsing configuration list: invalid character \'}\' looking for beginning of object key string: invalid cni config: failed to load cni config"',
  ],
  [
    "cni-not-initialized",
    "runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized",
  ],
  [
    "cni-plugin-missing",
    'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "ab12": plugin type="portmap" failed (add): failed to find plugin "portmap" in path [/usr/lib/cni]',
  ],
  ["configmap-subpath", 'Error: failed to prepare subPath for volumeMount "config" of container "web"'],
  ["conntrack-full", "[12345.678901] ip_conntrack: table full, dropping packet."],
  [
    "container-init-oom",
    "Error: failed to create containerd task: OCI runtime create failed: runc create failed: unable to start container process: container init was OOM-killed (memory limit too low?): unknown",
  ],
  [
    "container-name-conflict",
    'Error: failed to reserve container name "web_web-0_default_1f_0": name "web_web-0_default_1f_0" is reserved for "9ab3"',
  ],
  [
    "container-name-conflict",
    'docker: Error response from daemon: Conflict. The container name "/web" is already in use by container "f00d". You have to remove (or rename) that container to be able to reuse that name.',
  ],
  [
    "container-stop-timeout",
    'E0301 08:09:10.1 88 remote_runtime.go:349] "StopContainer from runtime service failed" err="rpc error: code = DeadlineExceeded desc = context deadline exceeded" containerID="9ab3"',
  ],
  [
    "cpu-manager-state",
    'E0301 08:09:10.1 88 cpu_manager.go:205] "Could not initialize checkpoint manager, please drain node and remove policy state file" err="could not restore state from checkpoint: configured policy \\"none\\" differs from state checkpoint policy \\"static\\""',
  ],
  [
    "cri-plugin-disabled",
    'validate service connection: validate CRI v1 runtime API for endpoint "unix:///run/containerd/containerd.sock": rpc error: code = Unimplemented desc = unknown service runtime.v1.RuntimeService',
  ],
  [
    "criu-failed",
    "Error response from daemon: Cannot checkpoint container web: runc did not terminate successfully: exit status 1: criu failed: type NOTIFY errno 0 path= /run/containerd/io.containerd.runtime.v2.task/moby/ab/criu-dump.log: unknown",
  ],
  [
    "csi-driver-not-registered",
    'MountVolume.MountDevice failed for volume "pvc-1" : kubernetes.io/csi: attacher.MountDevice failed to create newCsiDriverClient: driver name disk.csi.example.com not found in the list of registered CSI drivers',
  ],
  [
    "devmapper-pool",
    "Error response from daemon: devmapper: Thin Pool has 132480 free data blocks which is less than minimum required 163840 free data blocks. Create more free space in thin pool or use dm.min_free_space option to change behavior",
  ],
  ["disk-full", "failed to register layer: write /usr/lib/libbig.so: no space left on device"],
  ["disk-full", 'ERROR: could not write to file "pg_wal/xlogtemp.31": No space left on device'],
  ["disk-pressure", "0/3 nodes are available: 3 node(s) had untolerated taint {node.kubernetes.io/disk-pressure: }."],
  [
    "dns-nameserver-limits",
    "Warning  DNSConfigForming  2m (x30 over 40m)  kubelet  Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: 10.0.0.2 10.0.0.3 10.0.0.4",
  ],
  ["dns-upstream-servfail", "[ERROR] plugin/errors: 2 api.example.org. AAAA: SERVFAIL"],
  [
    "dns-upstream-timeout",
    "[ERROR] plugin/errors: 2 api.example.org. A: read udp 10.244.0.9:52113->10.0.0.2:53: i/o timeout",
  ],
  [
    "eni-ip-exhaustion",
    'plugin type="aws-cni" name="aws-cni" failed (add): add cmd: failed to assign an IP address to container',
  ],
  ["evict-ephemeral-storage", "Pod ephemeral local storage usage exceeds the total limit of containers 2Gi."],
  ["exec-format-error", "exec /docker-entrypoint.sh: exec format error"],
  [
    "exec-not-found",
    'OCI runtime exec failed: exec failed: unable to start container process: exec: "bash": executable file not found in $PATH: unknown',
  ],
  [
    "exec-not-found",
    'Error: failed to create containerd task: OCI runtime create failed: runc create failed: unable to start container process: exec: "/app/start": stat /app/start: no such file or directory: unknown',
  ],
  [
    "exec-pty-denied",
    "OCI runtime exec failed: exec failed: container_linux.go:380: starting container process caused: open /dev/pts/0: operation not permitted: unknown",
  ],
  [
    "flannel-rbac",
    'E0301 08:09:10.1 1 main.go:243] Failed to create SubnetManager: error retrieving pod spec for \'kube-flannel/kube-flannel-ds-x1\': pods "kube-flannel-ds-x1" is forbidden: User "system:serviceaccount:kube-flannel:flannel" cannot get resource "pods" in API group "" in the namespace "kube-flannel"',
  ],
  [
    "flannel-subnet-env",
    'plugin type="flannel" failed (add): loadFlannelSubnetEnv failed: open /run/flannel/subnet.env: no such file or directory',
  ],
  ["fs-readonly", "mkdir /var/lib/kubelet/pods/1f/volumes: read-only file system"],
  ["fs-readonly", "EXT4-fs (sda3): Remounting filesystem read-only"],
  ["gpu-xid", "NVRM: Xid (PCI:0000:3b:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus."],
  [
    "graphdriver-conflict",
    "failed to start daemon: error initializing graphdriver: devmapper: Base Device UUID and Filesystem verification failed: prior storage driver devicemapper failed",
  ],
  [
    "host-port-conflict",
    "docker: Error response from daemon: driver failed programming external connectivity on endpoint web (1f): Bind for 0.0.0.0:8080 failed: port is already allocated.",
  ],
  ["host-port-conflict", "0/4 nodes are available: 4 node(s) didn't have free ports for the requested pod ports."],
  [
    "hostname-too-long",
    "OCI runtime create failed: runc create failed: unable to start container process: error during container init: sethostname: invalid argument: unknown",
  ],
  ["hung-task", "INFO: task runc:[1:CHILD]:31234 blocked for more than 120 seconds."],
  [
    "idmap-unsupported",
    "failed to set MOUNT_ATTR_IDMAP on /var/lib/containers/storage/overlay/1f/merged: invalid argument (maybe the filesystem used doesn't support idmap mounts on this kernel?)",
  ],
  [
    "image-gc-failed",
    'Warning  ImageGCFailed  3m  kubelet  failed to get imageFs stats: non-existent label "docker-images"',
  ],
  [
    "image-not-found",
    'Failed to pull image "reg.example.org/web:v9": rpc error: code = NotFound desc = failed to pull and unpack image "reg.example.org/web:v9": failed to resolve reference "reg.example.org/web:v9": reg.example.org/web:v9: not found',
  ],
  [
    "image-pull-auth",
    'failed to resolve reference "reg.example.org/web:v9": pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials',
  ],
  [
    "image-pull-auth",
    'Error response from daemon: Get "https://reg.example.org/v2/web/manifests/v9": unauthorized: authentication required',
  ],
  [
    "image-pull-http-https",
    'failed to do request: Head "https://10.0.0.9:5000/v2/web/manifests/v9": http: server gave HTTP response to HTTPS client',
  ],
  [
    "image-pull-ratelimit",
    "429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating and upgrading",
  ],
  [
    "image-pull-timeout",
    'Error response from daemon: Get "https://reg.example.org/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)',
  ],
  [
    "image-pull-tls",
    'failed to do request: Head "https://reg.example.org/v2/web/manifests/v9": tls: failed to verify certificate: x509: certificate is valid for reg.internal, not reg.example.org',
  ],
  [
    "immutable-file-attr",
    'driver "overlay2" failed to remove root filesystem: unlinkat /var/lib/docker/overlay2/1f/diff/etc/resolv.conf: operation not permitted',
  ],
  ["inode-exhaustion", "Warning  Evicted  12s  kubelet  The node was low on resource: inodes."],
  ["inotify-limit", "Error: ENOSPC: System limit for number of file watchers reached, watch '/app/src'"],
  ["iptables-chain-missing", "iptables: No chain/target/match by that name."],
  [
    "iptables-missing",
    'failed to start daemon: Error initializing network controller: error obtaining controller instance: failed to register "bridge" driver: failed to create NAT chain DOCKER: iptables not found',
  ],
  [
    "iptables-module-missing",
    "iptables v1.8.7 (legacy): can't initialize iptables table `nat': Table does not exist (do you need to insmod?)\nPerhaps iptables or your kernel needs to be upgraded.",
  ],
  ["iscsi-conn-error", "connection2:0: detected conn error (1011)"],
  [
    "kata-agent-timeout",
    "failed to create containerd task: failed to create shim task: Failed to Check if grpc server is working: rpc error: code = DeadlineExceeded desc = timed out connecting to vsock 1234567:1024: unknown",
  ],
  [
    "kubelet-port-unreachable",
    'Error from server: Get "https://10.0.0.12:10250/containerLogs/default/web-0/web": dial tcp 10.0.0.12:10250: i/o timeout',
  ],
  [
    "kvm-unavailable",
    "Could not access KVM kernel module: Permission denied\nqemu-system-x86_64: failed to initialize kvm: Permission denied",
  ],
  ["loop-device-missing", "losetup: cannot find an unused loop device: No such file or directory"],
  ["lxcfs-transport-endpoint", "free: /proc/meminfo: Transport endpoint is not connected"],
  [
    "lxcfs-transport-endpoint",
    'starting container process caused: process_linux.go:545: container init caused: rootfs_linux.go:76: mounting "/var/lib/lxcfs/proc/cpuinfo" to rootfs at "/proc/cpuinfo" caused: lstat /var/lib/lxcfs/proc/cpuinfo: transport endpoint is not connected',
  ],
  [
    "memory-fragmentation",
    "kworker/u8:2: page allocation failure: order:4, mode:0x40dc0(GFP_KERNEL|__GFP_COMP|__GFP_ZERO), nodemask=(null)",
  ],
  [
    "mount-not-shared",
    'Error: failed to generate container "ab" spec: failed to generate spec: path "/" is mounted on "/" but it is not a shared mount',
  ],
  [
    "multi-attach",
    'Multi-Attach error for volume "pvc-1f" Volume is already exclusively attached to one node and can\'t be attached to another',
  ],
  ["namespace-limit", "unshare: unshare failed: No space left on device"],
  ["neigh-table-overflow", "neighbour: arp_cache: neighbor table overflow!"],
  [
    "nested-overlay",
    "failed to mount overlay: invalid argument: overlayfs: filesystem on '/var/lib/docker/overlay2/check/upper' not supported as upperdir",
  ],
  ["nfs-not-responding", "nfs: server filer-3 not responding, still trying"],
  [
    "node-unauthorized",
    'E0301 08:09:10.1 88 kubelet_node_status.go:92] "Unable to register node with API server" err="Unauthorized" node="edge-7"',
  ],
  [
    "noexec-mount",
    'OCI runtime create failed: runc create failed: unable to start container process: exec: "/data/run.sh": permission denied: unknown',
  ],
  ["nofile-limit", "socket: too many open files"],
  ["nproc-limit", "bash: fork: retry: Resource temporarily unavailable"],
  [
    "nvidia-driver-mismatch",
    "nvidia-container-cli: initialization error: nvml error: driver/library version mismatch: unknown",
  ],
  ["oom-kill", "Last State:     Terminated\n  Reason:       OOMKilled\n  Exit Code:    137"],
  [
    "oom-kill",
    "Out of memory: Killed process 4711 (java) total-vm:8123456kB, anon-rss:4012345kB, file-rss:0kB, shmem-rss:0kB, UID:1000 pgtables:9000kB oom_score_adj:984",
  ],
  [
    "orphaned-pod-volumes",
    'E0301 08:09:10.1 88 kubelet_volumes.go:225] "There were many similar errors. Turn up verbosity to see them." err="orphaned pod \\"1f\\" found, but failed to rmdir() volume at path /var/lib/kubelet/pods/1f/volumes/kubernetes.io~csi/pvc-1: directory not empty" numErrs=3',
  ],
  ["pids-limit", "runtime/cgo: pthread_create failed: Resource temporarily unavailable\nSIGABRT: abort"],
  ["pids-limit", "cgroup: fork rejected by pids controller in /kubepods/burstable/pod1f/9ab3"],
  [
    "rootfs-device-missing",
    'E0301 08:09:10.1 88 kubelet.go:1384] "Failed to start ContainerManager" err="failed to get rootfs info: unable to find data in memory cache"',
  ],
  ["runtime-down", "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"],
  [
    "runtime-down",
    'E0301 08:09:10.1 88 remote_runtime.go:222] "Version from runtime service failed" err="rpc error: code = Unavailable desc = connection error: desc = \\"transport: Error while dialing: dial unix /run/containerd/containerd.sock: connect: connection refused\\""',
  ],
  [
    "runtime-handler-missing",
    'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox runtime: no runtime for "kata" is configured',
  ],
  ["runtime-panic", "containerd[77]: fatal error: concurrent map iteration and map write"],
  [
    "runtime-state-desync",
    'E0301 08:09:10.1 88 remote_runtime.go:432] "ContainerStatus from runtime service failed" err="rpc error: code = NotFound desc = an error occurred when try to find container \\"9ab3\\": not found" containerID="9ab3"',
  ],
  [
    "sandbox-image-pull",
    'failed to get sandbox image "registry.example.org/pause:3.9": failed to pull image "registry.example.org/pause:3.9": failed to pull and unpack image: failed to resolve reference: dial tcp: lookup registry.example.org: no such host',
  ],
  [
    "schema1-image",
    'media type "application/vnd.docker.distribution.manifest.v1+prettyjws" is no longer supported since containerd v2.1, please rebuild the image as "application/vnd.docker.distribution.manifest.v2+json"',
  ],
  [
    "seccomp-denied",
    "OCI runtime create failed: unable to init seccomp: error loading seccomp filter into kernel: error loading seccomp filter: errno 524: unknown",
  ],
  [
    "selinux-denied",
    'type=AVC msg=audit(1772352000.123:456): avc:  denied  { write } for  pid=4711 comm="web" name="data" dev="sda3" ino=77 scontext=system_u:system_r:container_t:s0:c1,c2 tcontext=unconfined_u:object_r:user_home_t:s0 tclass=dir permissive=0',
  ],
  ["shim-connection-lost", "Error response from daemon: ttrpc: closed: unknown"],
  [
    "socket-permission-denied",
    'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get "http://%2Fvar%2Frun%2Fdocker.sock/v1.24/containers/json": dial unix /var/run/docker.sock: connect: permission denied',
  ],
  ["soft-lockup", "watchdog: BUG: soft lockup - CPU#3 stuck for 23s! [kworker/3:1:4711]"],
  [
    "storage-conf-invalid",
    "Error: overlay: can't stat imageStore dir /mnt/images: stat /mnt/images: no such file or directory (from /etc/containers/storage.conf)",
  ],
  [
    "swap-enabled",
    'E0301 08:09:10.1 88 server.go:294] "Failed to run kubelet" err="failed to run Kubelet: running with swap on is not supported, please disable swap! or set --fail-swap-on flag to false. /proc/swaps contained: [/dev/sda2 partition 2097148 0 -2]"',
  ],
  [
    "systemd-unit-exists",
    'unable to apply cgroup configuration: unable to start unit "docker-9ab3.scope" (properties [{Name:Description Value:"libcontainer container 9ab3"}]): Unit docker-9ab3.scope was already loaded or has a fragment file.',
  ],
  [
    "task-already-exists",
    "failed to create containerd task: failed to create shim task: task 9ab3: already exists: unknown",
  ],
  ["tls-handshake-timeout", "Unable to connect to the server: net/http: TLS handshake timeout"],
  ["unregister-netdevice", "unregister_netdevice: waiting for vethab12 to become free. Usage count = 3"],
  [
    "userns-subid-missing",
    "Error: potentially insufficient UIDs or GIDs available in user namespace (requested 0:42 for /etc/shadow): Check /etc/subuid and /etc/subgid: lchown /etc/shadow: invalid argument",
  ],
  [
    "volume-fs-corrupt",
    'MountVolume.MountDevice failed for volume "pvc-1" : rpc error: code = Internal desc = mount failed: exit status 32 Output: mount: /var/lib/kubelet/plugins/x: wrong fs type, bad option, bad superblock on /dev/sdc, missing codepage or helper program, or other error.',
  ],
  ["volume-permission", "mkdir: cannot create directory '/bitnami/postgresql/data': Permission denied"],
  [
    "vxlan-file-exists",
    'network sandbox join failed: subnet sandbox join failed for "10.0.5.0/24": error creating vxlan interface: file exists',
  ],
  [
    "xfs-too-new",
    "XFS (sdc): Superblock has unknown incompatible features (0x8) enabled.\nXFS (sdc): Filesystem can not be safely mounted by this kernel.",
  ],
  ["zombie-processes", "app       31234  0.0  0.0      0     0 ?        Zs   08:09   0:00 [sh] <defunct>"],
  [
    "csi-driver-not-registered",
    'AttachVolume.Attach failed for volume "pvc-2" : CSINode edge-7 does not contain driver disk.csi.example.com',
  ],
  [
    "hung-task",
    "task:jbd2/sda1-8 state:D stack:    0 pid:  377 ppid:     2 flags:0x00004000\nINFO: task jbd2/sda1-8:377 blocked for more than 241 seconds.",
  ],
  ["image-pull-tls", "x509: certificate relies on legacy Common Name field, use SANs instead"],
  [
    "multipath-claimed",
    "mkfs.ext4: /dev/sdd is apparently in use by the system; will not make a filesystem here! multipathd: mpatha: load table [0 20971520 multipath 0 0 1 1]",
  ],
  [
    "mlock-limit",
    "runtime: mlock of signal stack failed: 12\nruntime: increase the mlock limit (ulimit -l) or\nruntime: update your kernel to 5.3.15+, 5.4.2+, or 5.5+",
  ],
  [
    "overlay-mount-invalid",
    "failed to mount /var/lib/containerd/tmpmounts/containerd-mount1: invalid argument: overlayfs: missing 'lowerdir'",
  ],
  [
    "azuredisk-attach-busy",
    'AttachVolume.Attach failed for volume "pvc-3" : Attach volume "data-3" to instance "edge-7" failed with compute.VirtualMachinesClient#CreateOrUpdate: Code="AttachDiskWhileBeingDetached"',
  ],
  [
    "calico-nodename",
    'error adding pod default_web to CNI network "k8s-pod-network": plugin type="calico" failed (add): stat /var/lib/calico/nodename: no such file or directory: check that the calico/node container is running and has mounted /var/lib/calico/',
  ],
  [
    "kubelet-cgroup-stats",
    'E0301 08:09:10.1 88 summary_sys_containers.go:83] "Failed to get system container stats" err="failed to get cgroup stats for \\"/system.slice/containerd.service\\": failed to get container info for \\"/system.slice/containerd.service\\": unknown container \\"/system.slice/containerd.service\\"" containerName="/system.slice/containerd.service"',
  ],
];

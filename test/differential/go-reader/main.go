// Prints which value encoding/json takes for each field of the documents that cocoon 0.3.8 reads. A line of input is the
// name of a shape and the document in hexadecimal; a line of output is JSON: the value, or null where Go refuses it.
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"
)

type disk struct {
	Path       string `json:"path"`
	RO         bool   `json:"ro"`
	Serial     string `json:"serial"`
	Role       string `json:"role"`
	MountPoint string `json:"mount_point"`
	FSType     string `json:"fstype"`
	DirectIO   *bool  `json:"direct_io"`
}

type boot struct {
	KernelPath   string `json:"kernel_path"`
	InitrdPath   string `json:"initrd_path"`
	Cmdline      string `json:"cmdline"`
	FirmwarePath string `json:"firmware_path"`
}

type sidecar struct {
	StorageConfigs []*disk `json:"storage_configs"`
	BootConfig     *boot   `json:"boot_config"`
	CPU            int     `json:"cpu"`
	Memory         int64   `json:"memory"`
}

type vmDisk struct {
	ID           string `json:"id"`
	Path         string `json:"path"`
	ReadOnly     bool   `json:"readonly"`
	Direct       bool   `json:"direct"`
	Sparse       bool   `json:"sparse"`
	ImageType    string `json:"image_type"`
	BackingFiles bool   `json:"backing_files"`
	NumQueues    int    `json:"num_queues"`
	QueueSize    int    `json:"queue_size"`
	Serial       string `json:"serial"`
}

type vmNet struct {
	ID          string `json:"id"`
	Tap         string `json:"tap"`
	Mac         string `json:"mac"`
	NumQueues   int    `json:"num_queues"`
	QueueSize   int    `json:"queue_size"`
	OffloadTSO  bool   `json:"offload_tso"`
	OffloadUFO  bool   `json:"offload_ufo"`
	OffloadCsum bool   `json:"offload_csum"`
}

type payload struct {
	Firmware  string `json:"firmware"`
	Kernel    string `json:"kernel"`
	Initramfs string `json:"initramfs"`
	Cmdline   string `json:"cmdline"`
}

type balloon struct {
	ID                string `json:"id"`
	Size              int64  `json:"size"`
	DeflateOnOOM      bool   `json:"deflate_on_oom"`
	FreePageReporting bool   `json:"free_page_reporting"`
}

type runtimeFile struct {
	Mode   string `json:"mode"`
	File   string `json:"file"`
	Socket string `json:"socket"`
}

type vmConfig struct {
	Payload *payload     `json:"payload"`
	Balloon *balloon     `json:"balloon"`
	Serial  *runtimeFile `json:"serial"`
	Console *runtimeFile `json:"console"`
	CPUs    struct {
		BootVCPUs int  `json:"boot_vcpus"`
		MaxVCPUs  int  `json:"max_vcpus"`
		KVMHyperV bool `json:"kvm_hyperv"`
	} `json:"cpus"`
	Memory struct {
		Size      int64 `json:"size"`
		HugePages bool  `json:"hugepages"`
	} `json:"memory"`
	Disks []vmDisk `json:"disks"`
	Nets  []vmNet  `json:"net"`
	RNG   struct {
		Src string `json:"src"`
	} `json:"rng"`
	Watchdog bool `json:"watchdog"`
}

type resources struct {
	CPU           int    `json:"cpu"`
	Memory        int64  `json:"memory"`
	Storage       int64  `json:"storage"`
	QueueSize     int    `json:"queue_size"`
	DiskQueueSize int    `json:"disk_queue_size"`
	Image         string `json:"image"`
	ImageDigest   string `json:"image_digest"`
	ImageType     string `json:"image_type"`
	Network       string `json:"network"`
	NoDirectIO    bool   `json:"no_direct_io"`
	Windows       bool   `json:"windows"`
}

type snapshotConfig struct {
	resources
	ID           string              `json:"id"`
	Name         string              `json:"name"`
	Description  string              `json:"description"`
	ImageBlobIDs map[string]struct{} `json:"image_blob_ids"`
	Hypervisor   string              `json:"hypervisor"`
	NICs         int                 `json:"nics"`
}

type export struct {
	Config  snapshotConfig `json:"config"`
	Version int            `json:"version"`
}

type snapshotRecord struct {
	snapshotConfig
	CreatedAt time.Time `json:"created_at"`
	Pending   bool      `json:"pending"`
	DataDir   string    `json:"data_dir"`
}

type snapshotIndex struct {
	Snapshots map[string]*snapshotRecord `json:"snapshots"`
	Names     map[string]string          `json:"names"`
}

type cloudImage struct {
	Ref        string    `json:"ref"`
	ContentSum string    `json:"content_sum"`
	Size       int64     `json:"size"`
	CreatedAt  time.Time `json:"created_at"`
}

type ociImage struct {
	Ref            string `json:"ref"`
	ManifestDigest string `json:"manifest_digest"`
	Layers         []struct {
		Digest string `json:"digest"`
	} `json:"layers"`
	KernelLayer string    `json:"kernel_layer"`
	InitrdLayer string    `json:"initrd_layer"`
	Size        int64     `json:"size"`
	CreatedAt   time.Time `json:"created_at"`
}

type vmRecord struct {
	ID             string  `json:"id"`
	StorageConfigs []*disk `json:"storage_configs"`
	BootConfig     *boot   `json:"boot_config"`
}

type vmIndex struct {
	VMs   map[string]*vmRecord `json:"vms"`
	Names map[string]string    `json:"names"`
}

type index[E any] struct {
	Images map[string]*E `json:"images"`
}

var shapes = map[string]func() any{
	"cocoon.json":    func() any { return &sidecar{} },
	"config.json":    func() any { return &vmConfig{} },
	"snapshot.json":  func() any { return &export{} },
	"snapshots.json": func() any { return &snapshotIndex{} },
	"cloudimg":       func() any { return &index[cloudImage]{} },
	"oci":            func() any { return &index[ociImage]{} },
	"vms.json":       func() any { return &vmIndex{} },
}

func read(shape, document string) any {
	bytes, err := hex.DecodeString(document)
	if err != nil {
		panic(err)
	}
	value := shapes[shape]()
	if json.Unmarshal(bytes, value) != nil {
		return nil
	}
	return value
}

func main() {
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		shape, document, _ := strings.Cut(strings.TrimSpace(line), " ")
		text, err := json.Marshal(read(shape, document))
		if err != nil {
			panic(err)
		}
		fmt.Fprintf(out, "%s\n", text)
	}
}

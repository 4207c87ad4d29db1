// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A virtual SPI host: bus 0 with two chip selects, of which the kernel makes a
 * real /dev/spidev0.0 and /dev/spidev0.1. Its abilities are those of spi-bcm2835.
 * Every message goes to a program through /dev/ehw-spi, one at a time:
 *
 *   read     struct question | struct segment, count times | length bytes sent
 *   write    struct answer | length bytes received
 *
 * A message fails with EIO while no program has /dev/ehw-spi open, and with
 * ETIMEDOUT if the answer does not come in time; a late answer gets ESTALE.
 */
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/spi/spi.h>
#include <linux/uaccess.h>

#define LARGEST 65536
#define TIMEOUT_MS 10000

struct question {
	u32 sequence, count, length;
	u8 chip_select, unused[3];
};

struct segment {
	u32 length, speed_hz;
	u8 bits, cs_change, unused[2];
};

struct answer {
	u32 sequence;
	s32 status; /* 0 or -errno */
};

static struct spi_controller *host;
static struct platform_device *parent;

/* Guarded by lock: the message under way and its answer. */
static DEFINE_MUTEX(lock);
static u8 *asked, *answered;
static size_t asked_size;
static u32 sequence;
static s32 status;
static bool pending, attached;

static DECLARE_WAIT_QUEUE_HEAD(readers);
static DECLARE_COMPLETION(done);

/* What the program reads. Returns -EIO if there is none, -EMSGSIZE if it does not fit. */
static int ask(struct spi_message *message)
{
	struct question *question = (struct question *)asked;
	struct segment *segment = (struct segment *)(question + 1);
	struct spi_transfer *transfer;
	u8 *data;

	*question = (struct question){ .sequence = ++sequence };
	question->chip_select = spi_get_chipselect(message->spi, 0);
	list_for_each_entry(transfer, &message->transfers, transfer_list)
	{
		question->count++;
		question->length += transfer->len;
	}
	data = (u8 *)(segment + question->count);
	asked_size = data - asked + question->length;
	if (!attached || asked_size > LARGEST)
		return attached ? -EMSGSIZE : -EIO;
	list_for_each_entry(transfer, &message->transfers, transfer_list)
	{
		*segment++ = (struct segment){ .length = transfer->len,
					       .speed_hz = transfer->speed_hz,
					       .bits = transfer->bits_per_word,
					       .cs_change = transfer->cs_change };
		if (transfer->tx_buf)
			memcpy(data, transfer->tx_buf, transfer->len);
		else
			memset(data, 0, transfer->len);
		data += transfer->len;
	}
	reinit_completion(&done);
	pending = true;
	return 0;
}

static void deliver(struct spi_message *message)
{
	struct spi_transfer *transfer;
	u8 *data = answered;

	list_for_each_entry(transfer, &message->transfers, transfer_list)
	{
		if (transfer->rx_buf)
			memcpy(transfer->rx_buf, data, transfer->len);
		data += transfer->len;
	}
	message->actual_length = data - answered;
}

static int transfer_one_message(struct spi_controller *controller, struct spi_message *message)
{
	int result;

	mutex_lock(&lock);
	result = ask(message);
	mutex_unlock(&lock);
	if (!result) {
		wake_up_interruptible(&readers);
		if (!wait_for_completion_timeout(&done, msecs_to_jiffies(TIMEOUT_MS)))
			result = -ETIMEDOUT;
		mutex_lock(&lock);
		pending = false;
		sequence++;
		if (!result)
			result = status;
		if (!result)
			deliver(message);
		mutex_unlock(&lock);
	}
	message->status = result;
	spi_finalize_current_message(controller);
	return result;
}

static int program_open(struct inode *inode, struct file *file)
{
	int result = 0;

	mutex_lock(&lock);
	if (attached)
		result = -EBUSY;
	attached = true;
	mutex_unlock(&lock);
	return result;
}

static int program_release(struct inode *inode, struct file *file)
{
	mutex_lock(&lock);
	attached = false;
	status = -EIO;
	complete(&done);
	mutex_unlock(&lock);
	return 0;
}

static ssize_t program_read(struct file *file, char __user *buffer, size_t size, loff_t *position)
{
	ssize_t result;

	if (wait_event_interruptible(readers, READ_ONCE(pending)))
		return -ERESTARTSYS;
	mutex_lock(&lock);
	result = size < asked_size ? -EMSGSIZE : (ssize_t)asked_size;
	if (result > 0 && copy_to_user(buffer, asked, asked_size))
		result = -EFAULT;
	if (result > 0)
		pending = false;
	mutex_unlock(&lock);
	return result;
}

/* Take an answer to the message under way; the lock is held. */
static ssize_t take(const char __user *buffer, size_t size)
{
	const struct question *question = (const struct question *)asked;
	struct answer answer;

	if (size < sizeof(answer) || copy_from_user(&answer, buffer, sizeof(answer)))
		return -EINVAL;
	if (answer.sequence != sequence)
		return -ESTALE;
	if (!answer.status && size != sizeof(answer) + question->length)
		return -EINVAL;
	if (copy_from_user(answered, buffer + sizeof(answer), size - sizeof(answer)))
		return -EFAULT;
	status = answer.status;
	complete(&done);
	return size;
}

static ssize_t program_write(struct file *file, const char __user *buffer, size_t size,
			     loff_t *position)
{
	ssize_t result;

	mutex_lock(&lock);
	result = size > LARGEST ? -EMSGSIZE : take(buffer, size);
	mutex_unlock(&lock);
	return result;
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.open = program_open,
	.release = program_release,
	.read = program_read,
	.write = program_write,
};

static struct miscdevice program = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "ehw-spi",
	.fops = &operations,
};

static int __init add_host(void)
{
	int result;

	host = spi_alloc_master(&parent->dev, 0);
	if (!host)
		return -ENOMEM;
	host->bus_num = 0;
	host->num_chipselect = 2;
	host->mode_bits = SPI_CPOL | SPI_CPHA | SPI_CS_HIGH | SPI_NO_CS;
	host->bits_per_word_mask = SPI_BPW_MASK(8);
	host->transfer_one_message = transfer_one_message;
	result = spi_register_controller(host);
	if (result)
		spi_controller_put(host);
	return result;
}

/* spidev refuses the plain id "spidev" and takes this one. */
static int __init add_devices(void)
{
	struct spi_board_info info = { .modalias = "dh2228fv", .max_speed_hz = 125000000 };

	for (info.chip_select = 0; info.chip_select < 2; info.chip_select++)
		if (!spi_new_device(host, &info))
			return -ENODEV;
	return misc_register(&program);
}

static int __init start(void)
{
	int result;

	asked = kzalloc(LARGEST, GFP_KERNEL);
	answered = kzalloc(LARGEST, GFP_KERNEL);
	parent = platform_device_register_simple("ehw-spi", PLATFORM_DEVID_NONE, NULL, 0);
	result = !asked || !answered ? -ENOMEM : PTR_ERR_OR_ZERO(parent);
	if (!result)
		result = add_host();
	return result ? result : add_devices();
}

/* Loaded once in a guest that is then switched off: there is no way to unload it. */
module_init(start);
MODULE_LICENSE("Dual MIT/GPL");
MODULE_DESCRIPTION("Virtual SPI host, served by a program");

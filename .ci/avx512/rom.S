/* A 64 KiB ROM in the place of a BIOS: enters long mode and jumps to a kernel that lies in RAM already, with an initramfs
   behind it (64-bit boot protocol). RAMDISK_ADDR, RAMDISK_SIZE and MEMORY are given to the assembler. */
    .set BASE, 0xffff0000
    .set PARAMS, 0x80000            /* the zero page; the command line follows it */
    .set TABLES, 0x70000
    .set MARK, 0x7fff0              /* set at the first start; a second one (panic, triple fault) ends the machine */
    .set ENTRY, 0x1000000
rom:
    .org 0x100
start16:
    .code16
    cli
    movw  $(descriptor - rom), %si
    lgdtl %cs:(%si)
    movl  %cr0, %eax
    orl   $1, %eax
    movl  %eax, %cr0
    ljmpl $0x08, $(BASE + start32 - rom)
    .code32
start32:
    movw  $0x18, %ax
    movw  %ax, %ds
    movw  %ax, %es
    movw  %ax, %ss
    /* Bochs 2.7 reads an optramimage into one stretch of host memory, but gives guest blocks of 128 KiB their host
       memory in the order of first touch. Touching them in ascending order before any other RAM makes both agree. */
    movl  $ENTRY, %esi
1:  movb  (%esi), %al
    addl  $0x20000, %esi
    cmpl  $(RAMDISK_ADDR + RAMDISK_SIZE + 0x20000), %esi
    jb    1b
    movl  $0x7f000, %esp
    cmpl  $0x4c4f434b, MARK
    je    off
    movl  $0x4c4f434b, MARK
    cld
    movl  $(BASE + params - rom), %esi
    movl  $PARAMS, %edi
    movl  $2048, %ecx
    rep movsl
    movl  $TABLES, %edi             /* the first 4 GiB mapped onto themselves, in pages of 1 GiB */
    xorl  %eax, %eax
    movl  $2048, %ecx
    rep stosl
    movl  $(TABLES + 0x1003), TABLES
    movl  $0x00000083, TABLES + 0x1000
    movl  $0x40000083, TABLES + 0x1008
    movl  $0x80000083, TABLES + 0x1010
    movl  $0xc0000083, TABLES + 0x1018
    movl  $TABLES, %eax
    movl  %eax, %cr3
    movl  %cr4, %eax
    orl   $0x20, %eax               /* PAE */
    movl  %eax, %cr4
    movl  $0xc0000080, %ecx         /* EFER.LME */
    rdmsr
    orl   $0x100, %eax
    wrmsr
    movl  %cr0, %eax
    orl   $0x80000000, %eax
    movl  %eax, %cr0
    ljmpl $0x10, $(BASE + start64 - rom)
off:
    movw  $0x8900, %dx
    movl  $(BASE + word - rom), %esi
    movl  $8, %ecx
    rep outsb
1:  hlt
    jmp   1b
word: .ascii "Shutdown"
    .code64
start64:
    movl  $PARAMS, %esi
    movl  $ENTRY, %eax
    jmp   *%rax
    .balign 8
table:
    .quad 0, 0x00cf9b000000ffff, 0x00af9b000000ffff, 0x00cf93000000ffff   /* 32-bit code, 64-bit code, data */
descriptor:
    .word 31
    .long BASE + table - rom
    .org 0x1000                     /* struct boot_params, Documentation/x86/boot.rst and zero-page.rst */
params:
    .org 0x11e8
    .byte 2                         /* entries in the memory map */
    .org 0x11fe
    .word 0xaa55
    .org 0x1202
    .ascii "HdrS"
    .word 0x20c
    .org 0x1210
    .byte 0xff, 1                   /* boot loader, loaded high */
    .org 0x1218
    .long RAMDISK_ADDR, RAMDISK_SIZE
    .org 0x1228
    .long PARAMS + 0x1000           /* command line */
    .org 0x1230
    .long 0x200000
    .org 0x1238
    .long 2047
    .org 0x12d0                     /* memory map */
    .quad 0, 0x9fc00
    .long 1
    .quad 0x100000, MEMORY - 0x100000
    .long 1
    .org 0x2000
    .incbin "cmdline"
    .byte 0
    .org 0xfff0
    .code16
    jmp   start16
    .org 0x10000
